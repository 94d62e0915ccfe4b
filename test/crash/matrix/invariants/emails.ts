import { orderEmailKey, welcomeEmailKey } from '../../../../domain/mail/email-keys.ts';
import type { Evidence } from '../evidence.ts';
import { countBy } from './count-by.ts';

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

function promisedKeys({ registrations, orders, messages, emails }: Evidence['accepted']): string[] {
  return [
    ...registrations.map(({ userId }) => welcomeEmailKey(userId)),
    ...emails.map(({ key }) => key),
    ...[...orders, ...messages].map(({ orderId: id, ends }) =>
      orderEmailKey(
        { id, paymentRound: 1 },
        ends === 'completed' ? { kind: 'receipt' } : { kind: 'payment-declined', revision: 1 },
      ),
    ),
  ];
}

function unexpected({ accepted, emails, mails }: Evidence): string[] {
  const recipients = new Map(emails.map(({ messageId, recipient }) => [messageId, recipient]));
  const violations = mails
    .filter(({ messageId, to }) => recipients.get(messageId) !== to)
    .map(({ messageId, to }) => `an email that no row describes went to ${to}: ${messageId}`);
  for (const { email, requests } of accepted.passwordResets) {
    const sent = resetsTo(email, emails).length;
    if (sent > requests) violations.push(`${sent} password resets for ${requests} requests of ${email}`);
  }
  return violations;
}

function repeated({ mayRepeatEmails, mails }: Evidence): string[] {
  if (mayRepeatEmails) return [];
  return [...countBy(mails, ({ messageId }) => messageId)]
    .filter(([, count]) => count > 1)
    .map(
      ([messageId, count]) =>
        `the email ${messageId} arrived ${count} times without a fault that explains it`,
    );
}

function resetsTo(email: string, emails: Evidence['emails']): Evidence['emails'] {
  return emails.filter(
    ({ key, recipient, status }) =>
      recipient === email && status === 'sent' && key.startsWith('password-reset:'),
  );
}
