import { isMessageId } from '../platform/mail/message.ts';
import type { Email } from '../platform/repositories/emails.ts';

/** An email as JSON: what became of it, and never what it says or to whom exactly. */
export interface EmailView {
  id: string;
  template: string;
  status: Email['status'];
  sender: Email['sender'];
  recipient: string;
  userId: string | null;
  /** Null where the row has none that could be sent. */
  messageId: string | null;
  attempts: number;
  lastError: string | null;
  createdAt: string;
  nextAttemptAt: string | null;
  sentAt: string | null;
  links: { self: string };
}

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
