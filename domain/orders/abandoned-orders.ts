import type { Trx } from '../database/schema.ts';
import { type Order, setOrderStatus } from './orders.ts';
import { beginRefund } from './order-payments.ts';

/**
 * Closes an order whose job no longer runs, in the caller's transaction, which holds its lock: an unpaid order is cancelled, and the money
 * of a paid one is to be returned. Returns why its payment is to be returned, or undefined if nothing is left to do.
 */
export async function closeAbandonedOrder(
  trx: Trx,
  order: Order,
  message: string,
): Promise<'order_cancelled' | 'payment_failed' | 'order_not_fulfilled' | undefined> {
  switch (order.status) {
    case 'pending':
    case 'awaiting_payment_method':
      await setOrderStatus(trx, order.id, 'cancelled', { code: JOB_TERMINATED, message });
      return 'order_cancelled';
    case 'paid':
      await beginRefund(trx, order.id, { code: JOB_TERMINATED, message });
      return 'order_not_fulfilled';
    case 'refunding':
      return 'order_not_fulfilled';
    case 'cancelled':
      return order.paymentReturnedAt ? undefined : 'order_cancelled';
    case 'payment_failed':
      return order.paymentReturnedAt ? undefined : 'payment_failed';
    case 'completed':
    case 'refunded':
      return undefined;
  }
}

/** `failure_code` of an order that was closed because its job was ended from outside. */
export const JOB_TERMINATED = 'job_terminated';
