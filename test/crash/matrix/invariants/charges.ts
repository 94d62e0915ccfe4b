import type { AcceptedOrder } from '../accepted.ts';
import type { Evidence } from '../evidence.ts';

/**
 * Money: each accepted order that must be paid was charged once, with its amount, and keeps the money. No other order keeps any, and what was
 * taken for it was returned once.
 */
export function checkCharges({ accepted, charges, refunds, orders }: Evidence): string[] {
  const violations: string[] = [];
  const statuses = new Map(orders.map(({ id, status }) => [id, status]));
  for (const { orderId, amountMinor, ends } of [
    ...accepted.orders,
    ...accepted.messages,
    ...accepted.erasures.map(({ order }) => ({ ...order, ends: endOf(statuses.get(order.orderId)) })),
  ]) {
    const name = `order ${orderId} (${statuses.get(orderId) ?? 'missing'})`;
    const taken = charges.filter((charge) => charge.orderId === orderId);
    const kept = taken.filter((charge) => charge.refundedMinor < charge.amountMinor);
    const returned = refunds.filter((refund) => refund.orderId === orderId);
    const isTaken = ends === 'completed' || ends === 'refunded';
    if (isTaken ? taken.length !== 1 : taken.length > 1)
      violations.push(`${name} was charged ${taken.length} times`);
    if (ends !== 'completed' && kept.length > 0) violations.push(`${name} keeps money that was not due`);
    if (returned.length !== (ends === 'completed' ? 0 : taken.length))
      violations.push(`${name} was refunded ${returned.length} times for ${taken.length} charges`);
    for (const charge of taken) {
      if (charge.amountMinor !== amountMinor)
        violations.push(`order ${orderId} was charged ${charge.amountMinor} instead of ${amountMinor}`);
    }
  }
  return violations;
}

/** An order of a person who is erased is paid, or it is cancelled. */
function endOf(status: string | undefined): AcceptedOrder['ends'] {
  return status === 'cancelled' ? 'cancelled' : 'completed';
}
