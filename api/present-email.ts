import { z } from 'zod';
import { isMessageId } from '../platform/mail/message.ts';
import type { Email } from '../platform/repositories/emails.ts';
import { time } from './json.ts';

/** An email as JSON: what became of it, and never what it says or to whom exactly. */
export const emailJson = z
  .strictObject({
    id: z.uuid(),
    template: z.string(),
    status: z.enum(['pending', 'sent', 'dead']),
    sender: z
      .enum(['job', 'service'])
      .meta({ description: '`service`: whoever wrote the row leaves its sending to pending-emails.' }),
    recipient: z.string().meta({ description: 'Masked.' }),
    userId: z.uuid().nullable(),
    messageId: z.string().nullable().meta({ description: 'Null where the row has none that could be sent.' }),
    attempts: z.int(),
    lastError: z.string().nullable(),
    createdAt: time,
    nextAttemptAt: time
      .nullable()
      .meta({ description: 'Of the service; a job plans its own attempts, see the job.' }),
    sentAt: time.nullable(),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'Email' });

/** See {@link emailJson}. */
export type EmailView = z.output<typeof emailJson>;

/** Shows an email. `nextAttemptAt` is the service's; a job plans its own attempts, see the job. */
export function presentEmail(email: Email): EmailView {
  const waits = email.status === 'pending' && email.sender === 'service';
  return {
    id: email.id,
    template: email.template,
    status: email.status,
    sender: email.sender,
    recipient: maskAddress(email.recipient),
    userId: email.user_id,
    messageId: isMessageId(email.message_id) ? email.message_id : null,
    attempts: email.attempts,
    lastError: email.last_error,
    createdAt: email.created_at.toISOString(),
    nextAttemptAt: waits ? email.next_attempt_at.toISOString() : null,
    sentAt: email.sent_at?.toISOString() ?? null,
    links: { self: `/api/emails/${email.id}` },
  };
}

/**
 * `ada@example.com` → `a***@example.com`: the domain is what an operator needs to see why emails fail; who it is, is
 * nobody's business.
 */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = at > 0 ? address.slice(at) : '';
  return `${/^[\w]/.test(address) ? (address[0] ?? '') : ''}***${/^@[\w.-]{1,253}$/.test(domain) ? domain : ''}`;
}
