import { ERASED_RECIPIENT } from '../../../../domain/accounts/erasure.ts';
import type { Evidence } from '../evidence.ts';

/**
 * How long an email that was under way at the moment of an erasure may take to arrive, if no fault delays it: the claim of another program's
 * email lasts 90 s.
 */
const UNDER_WAY_MS = 90_000;

/** Erasures: each accepted one left nothing of the person behind, closed their order, and ended their emails. */
export function checkErasures(evidence: Evidence): string[] {
  const { accepted, leavers, orders } = evidence;
  const statuses = new Map(orders.map(({ id, status }) => [id, status]));
  return accepted.erasures.flatMap(({ userId, email, order }) => {
    const leaver = leavers.find((one) => one.userId === userId);
    if (!leaver?.erasedAt) return [`user ${userId} is not erased`];
    const status = statuses.get(order.orderId) ?? 'lost';
    return [
      ...leaver.tables.map((table) => `user ${userId} is erased, and ${table} has something of theirs`),
      ...(['completed', 'cancelled'].includes(status)
        ? []
        : [`order ${order.orderId} of an erased user is ${status}`]),
      ...lateEmails(evidence, email, leaver.erasedAt),
    ];
  });
}

/** Emails that arrived although the person was erased. One that was under way at that moment cannot be stopped. */
function lateEmails({ mails, emails, faults }: Evidence, email: string, erasedAt: Date): string[] {
  return mails
    .filter(({ to, at }) => to === email && at > erasedAt)
    .filter(({ messageId, at }) => {
      const row = emails.find((one) => one.messageId === messageId);
      const delayedMs = faults
        .map(({ from, to }) => Math.min(at.getTime(), to.getTime()) - Math.max(+erasedAt, from.getTime()))
        .filter((ms) => ms > 0)
        .reduce((sum, ms) => sum + ms, 0);
      const wasUnderWay = row !== undefined && row.createdAt <= erasedAt;
      return !wasUnderWay || at.getTime() - erasedAt.getTime() > UNDER_WAY_MS + delayedMs;
    })
    .map(
      ({ messageId, at }) =>
        `the email ${messageId} arrived ${((at.getTime() - erasedAt.getTime()) / 1_000).toFixed(1)} s after its person was erased`,
    );
}

/** Whether an email went to the address that its row has, or had before its person was erased. */
export function isRecipientOf(
  { accepted }: Pick<Evidence, 'accepted'>,
  row: Evidence['emails'][number] | undefined,
  address: string,
): boolean {
  if (row?.recipient !== ERASED_RECIPIENT) return row?.recipient === address;
  return accepted.erasures.some(({ email }) => email === address);
}
