import { orderEmailKey, welcomeEmailKey, type OrderEmailName } from '../../../../domain/mail/email-keys.ts';
import { groupBy } from '../../../../packages/durable-jobs/src/values/group-by.ts';
import type { AcceptedOrder } from '../accepted.ts';
import type { Evidence } from '../evidence.ts';
import { disturbsEmail } from '../faults/disturbs-email.ts';
import { isRecipientOf } from './erasures.ts';

/** Emails: each that was promised arrived, none that was not promised, and none twice unless a fault can explain that. */
export function checkEmails(evidence: Evidence): string[] {
  return [...missing(evidence), ...unexpected(evidence), ...repeated(evidence)];
}

function missing({ accepted, emails, mails }: Evidence): string[] {
  const rows = new Map(emails.map((row) => [row.key, row]));
  const arrived = new Set(mails.map(({ messageId }) => messageId));
  const violations: string[] = [];
  for (const key of promisedKeys(accepted)) {
    const row = rows.get(key);
    if (row?.status !== 'sent') violations.push(`the email ${key} is ${row?.status ?? 'lost'}`);
  }
  for (const { key, status, messageId, isNew } of emails) {
    if (isNew && status === 'sent' && !arrived.has(messageId))
      violations.push(`the email ${key} is marked as sent and did not arrive`);
  }
  for (const { email } of accepted.passwordResets) {
    if (resetsTo(email, emails).length === 0) violations.push(`no password reset was sent to ${email}`);
  }
  return violations;
}

/** The email that each end of an order promises. */
const orderEmails: Record<AcceptedOrder['ends'], OrderEmailName> = {
  completed: { kind: 'receipt' },
  awaiting_payment_method: { kind: 'payment-declined', revision: 1 },
  cancelled: { kind: 'cancelled' },
  refunded: { kind: 'refunded' },
};

function promisedKeys({ registrations, orders, messages, emails }: Evidence['accepted']): string[] {
  return [
    ...registrations.map(({ userId }) => welcomeEmailKey(userId)),
    ...emails.map(({ key }) => key),
    ...[...orders, ...messages].map(({ orderId: id, ends }) =>
      orderEmailKey({ id, paymentRound: 1 }, orderEmails[ends]),
    ),
  ];
}

function unexpected({ accepted, emails, mails }: Evidence): string[] {
  const rows = new Map(emails.map((row) => [row.messageId, row]));
  const violations = mails
    .filter(({ messageId, to }) => !isRecipientOf({ accepted }, rows.get(messageId), to))
    .map(({ messageId, to }) => `an email that no row describes went to ${to}: ${messageId}`);
  for (const { email, requests } of accepted.passwordResets) {
    const sent = resetsTo(email, emails).length;
    if (sent > requests) violations.push(`${sent} password resets for ${requests} requests of ${email}`);
  }
  return violations;
}

/** An email is repeated only if a fault came between each copy and the record of it. The last copy is the one that was recorded. */
function repeated({ faults, mails }: Evidence): string[] {
  const copies = groupBy(mails, ({ messageId }) => messageId);
  return [...copies].flatMap(([messageId, all]) => {
    const times = all.map(({ at }) => at).sort((a, b) => a.getTime() - b.getTime());
    return times
      .slice(0, -1)
      .filter((at) => !faults.some((fault) => disturbsEmail(fault, at)))
      .map(
        (at) =>
          `the email ${messageId} was sent again after it had arrived at ${at.toISOString()}, without a fault that explains it`,
      );
  });
}

function resetsTo(email: string, emails: Evidence['emails']): Evidence['emails'] {
  return emails.filter(
    ({ key, recipient, status }) =>
      recipient === email && status === 'sent' && key.startsWith('password-reset:'),
  );
}
