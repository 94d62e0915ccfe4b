import { z } from 'zod';
import { emailStatuses } from './tables.ts';
import { time } from '../http/json.ts';
import { isMessageId } from '../mail/message.ts';
import type { Email } from './rows.ts';
import { linkTo } from '../http/mount.ts';

/** An email as JSON: its status, but neither its content nor its full recipient. */
export const emailJson = z
  .strictObject({
    id: z.uuid(),
    template: z.string(),
    status: z
      .enum(emailStatuses)
      .meta({ description: '`withdrawn`: not sent, because its content was no longer true.' }),
    sender: z
      .enum(['job', 'service'])
      .meta({ description: 'The sender: the job that wrote the email, or the service pending-emails.' }),
    recipient: z.string().meta({ description: 'The first character and the domain of the address.' }),
    userId: z.uuid().nullable(),
    messageId: z
      .string()
      .nullable()
      .meta({ description: 'Null if the row has no Message-ID that can be sent.' }),
    attempts: z.int(),
    lastError: z.string().nullable(),
    createdAt: time,
    nextAttemptAt: time.nullable().meta({
      description: 'The earliest time of the next attempt by the service; null for emails of jobs.',
    }),
    sentAt: time.nullable(),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'Email' });

export type EmailView = z.output<typeof emailJson>;

/** Returns an email's JSON. `nextAttemptAt` applies to emails of the service; a job plans its own attempts. */
export function presentEmail(email: Email): EmailView {
  const waits = email.status === 'pending' && email.sender === 'service';
  return {
    id: email.id,
    template: email.template,
    status: email.status,
    sender: email.sender,
    recipient: maskAddress(email.recipient),
    userId: email.userId,
    messageId: isMessageId(email.messageId) ? email.messageId : null,
    attempts: email.attempts,
    lastError: email.lastError,
    createdAt: email.createdAt.toISOString(),
    nextAttemptAt: waits ? email.nextAttemptAt.toISOString() : null,
    sentAt: email.sentAt?.toISOString() ?? null,
    links: { self: linkTo(`/api/emails/${email.id}`) },
  };
}

/** `ada@example.com` → `a***@example.com`: an operator needs the domain to see why emails fail, but not the person. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = at > 0 ? address.slice(at) : '';
  return `${/^[\w]/.test(address) ? (address[0] ?? '') : ''}***${/^@[\w.-]{1,253}$/.test(domain) ? domain : ''}`;
}
