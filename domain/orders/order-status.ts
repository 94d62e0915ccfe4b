import { sql, type RawBuilder } from 'kysely';

/** The statuses of an order, in order; {@link OrderStatus} is one of them. */
export const orderStatuses = [
  'pending',
  'awaiting_payment_method',
  'paid',
  'completed',
  'payment_failed',
  'cancelled',
  'refunding',
  'refunded',
] as const;

/** The status of an order: unpaid (`pending`, `awaiting_payment_method`), paid (`paid`), being refunded (`refunding`), or closed. */
export type OrderStatus = (typeof orderStatuses)[number];

// The sets of statuses that rules refer to. A new status belongs to some of them: nothing else lists statuses.

/** Statuses of closed orders. */
export const closedOrderStatuses: readonly OrderStatus[] = [
  'completed',
  'payment_failed',
  'cancelled',
  'refunded',
];

/** Statuses of unpaid orders. */
export const unpaidOrderStatuses: readonly OrderStatus[] = ['pending', 'awaiting_payment_method'];

/** Statuses of orders that are paid and not closed: their job continues to its end. */
export const settlingOrderStatuses: readonly OrderStatus[] = ['paid', 'refunding'];

/** Statuses of orders that are paid, or were. */
export const paidOrderStatuses: readonly OrderStatus[] = ['paid', 'completed', 'refunding', 'refunded'];

/** Statuses of orders that must not keep money. */
export const moneylessOrderStatuses: readonly OrderStatus[] = [
  'cancelled',
  'payment_failed',
  'refunding',
  'refunded',
];

/** Returns statuses in SQL, as literals, for `status IN (…)`: the planner compares them with the conditions of partial indexes. */
export function sqlStatuses(statuses: readonly OrderStatus[]): RawBuilder<unknown> {
  return sql.join(statuses.map((status) => sql.lit(status)));
}
