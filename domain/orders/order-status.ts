import { sql, type RawBuilder } from 'kysely';

/** Where an order can be, from its placing to its end; {@link OrderStatus} is one of them. */
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

/**
 * Where an order is: before its money (`pending`, `awaiting_payment_method`), with it (`paid`), on its way back
 * (`refunding`), or closed.
 */
export type OrderStatus = (typeof orderStatuses)[number];

// The sets that rules are about. A new status belongs to some of them: nothing else lists statuses.

/** Statuses after which nothing more happens to an order. */
export const closedOrderStatuses: readonly OrderStatus[] = [
  'completed',
  'payment_failed',
  'cancelled',
  'refunded',
];

/** Statuses of orders that wait for their money. */
export const unpaidOrderStatuses: readonly OrderStatus[] = ['pending', 'awaiting_payment_method'];

/** Statuses of orders that have their money and are not closed: their job continues to its end. */
export const settlingOrderStatuses: readonly OrderStatus[] = ['paid', 'refunding'];

/** Statuses of orders that have, or had, their money. */
export const paidOrderStatuses: readonly OrderStatus[] = ['paid', 'completed', 'refunding', 'refunded'];

/** Statuses of orders that must not keep money. */
export const moneylessOrderStatuses: readonly OrderStatus[] = [
  'cancelled',
  'payment_failed',
  'refunding',
  'refunded',
];

/** Such statuses in SQL, as literals, for `status IN (…)`: the planner compares them with the conditions of partial indexes. */
export function sqlStatuses(statuses: readonly OrderStatus[]): RawBuilder<unknown> {
  return sql.join(statuses.map((status) => sql.lit(status)));
}
