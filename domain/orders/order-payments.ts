import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import type { OrderStatus } from './order-status.ts';
import { type Order, findOrder } from './orders.ts';
import { forgetRepricing } from './order-repricings.ts';

/** Identifies an order's payment: an order that was reopened after a failure has a new one. */
export type OrderPayment = Pick<Order, 'id' | 'paymentRound'>;

/**
 * Returns the key of a step of an order's payment, at the provider and in `emails`: the same for every attempt, and different for each
 * payment of the order.
 */
export function paymentKey({ id, paymentRound: round }: OrderPayment, step: string): string {
  return round === 1 ? `order:${id}:${step}` : `order:${id}:${round}:${step}`;
}

/** Stores the provider's payment of an order. The first one of a round stays. */
export async function setPaymentIntent(db: Db, payment: OrderPayment, intentId: string): Promise<void> {
  await db
    .updateTable('orders')
    .set({ paymentIntentId: intentId, updatedAt: new Date() })
    .where('id', '=', payment.id)
    .where('paymentRound', '=', payment.paymentRound)
    .where('paymentIntentId', 'is', null)
    .execute();
}

/**
 * Decides that a paid order will not be completed, and records why. After this, no late attempt can complete it. False if it was completed
 * in the meantime. A repeat returns the same answer.
 */
export async function beginRefund(
  db: Db,
  orderId: string,
  failure: { code: string; message: string },
): Promise<boolean> {
  await db
    .updateTable('orders')
    .set({
      status: 'refunding',
      failureCode: failure.code,
      failureMessage: failure.message,
      updatedAt: new Date(),
    })
    .where('id', '=', orderId)
    .where('status', '=', 'paid')
    .execute();
  return (await findOrder(db, orderId))?.status !== 'completed';
}

/** Records the refund of an order's money. */
export async function setRefund(
  db: Db,
  payment: OrderPayment,
  refund: { refundId: string; amountMinor: number },
): Promise<void> {
  await db
    .updateTable('orders')
    .set({
      refundId: refund.refundId,
      refundedMinor: refund.amountMinor,
      refundedAt: sql<Date>`coalesce(refunded_at, now())`,
      updatedAt: new Date(),
    })
    .where('id', '=', payment.id)
    .where('paymentRound', '=', payment.paymentRound)
    .execute();
}

/**
 * Records that a payment keeps no money and can take no more. An order that waited for this is closed as well; its own job does the same if
 * it is still running.
 */
export async function setPaymentReturned(
  db: Db,
  payment: OrderPayment,
  outcome: 'refunded' | 'released',
): Promise<void> {
  await db
    .updateTable('orders')
    .set((eb) => ({
      paymentReturnedAt: eb.fn.coalesce('paymentReturnedAt', sql<Date>`now()`),
      status: sql<OrderStatus>`CASE status WHEN 'refunding' THEN ${outcome === 'refunded' ? 'refunded' : 'cancelled'} ELSE status END`,
      updatedAt: sql<Date>`now()`,
    }))
    .where('id', '=', payment.id)
    .where('paymentRound', '=', payment.paymentRound)
    .where('paymentReturnedAt', 'is', null)
    .execute();
}

/** Opens a closed order, whose payment was returned, for a new payment. The previous one is kept. */
export async function reopenOrder(trx: Trx, order: Order & { paymentReturnedAt: Date }): Promise<void> {
  await trx
    .insertInto('orderPaymentRounds')
    .values({
      orderId: order.id,
      round: order.paymentRound,
      paymentIntentId: order.paymentIntentId,
      failureCode: order.failureCode,
      failureMessage: order.failureMessage,
      refundId: order.refundId,
      refundedMinor: order.refundedMinor,
      refundedAt: order.refundedAt,
      returnedAt: order.paymentReturnedAt,
    })
    .execute();
  await trx
    .updateTable('orders')
    .set({
      status: 'pending',
      paymentRound: order.paymentRound + 1,
      paymentIntentId: null,
      paymentReturnedAt: null,
      paidAt: null,
      failureCode: null,
      failureMessage: null,
      refundId: null,
      refundedMinor: 0,
      refundedAt: null,
      updatedAt: sql<Date>`now()`,
    })
    .where('id', '=', order.id)
    .execute();
  await forgetRepricing(trx, order.id);
}

/** Returns the refunds of an order's payments from before it was reopened. */
export async function listFormerRefunds(
  db: Db,
  orderId: string,
): Promise<{ refundedAt: Date | null; refundedMinor: number }[]> {
  return db
    .selectFrom('orderPaymentRounds')
    .select(['refundedAt', 'refundedMinor'])
    .where('orderId', '=', orderId)
    .where('refundedAt', 'is not', null)
    .orderBy('round')
    .execute();
}
