import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import { unpaidOrderStatuses } from './order-status.ts';
import { forgetRepricing } from './order-repricings.ts';
import { setOrderStatus, lockOrder } from './orders.ts';

/** Identifies one attempt to charge an order. Attempts are numbered from 1 for each payment method. */
export interface AttemptKey {
  orderId: string;
  /** The payment method's revision. */
  revision: number;
  attempt: number;
}

/**
 * Cancels an order whose payment has not begun, in the caller's transaction. No attempt begins after that, and the order's job closes it.
 * False if an attempt has begun, or the order is past its payment; then its job decides.
 */
export async function cancelUncharged(trx: Trx, orderId: string): Promise<boolean> {
  const order = await lockOrder(trx, orderId);
  // The attempts of a reopened order belong to several payments.
  if (order?.status !== 'pending' || order.paymentRound > 1) return false;
  const begun = await trx
    .selectFrom('paymentAttempts')
    .select('attempt')
    .where('orderId', '=', orderId)
    .limit(1)
    .executeTakeFirst();
  if (begun) return false;
  await setOrderStatus(trx, orderId, 'cancelled', {
    code: 'requested',
    message: 'The order was cancelled before its payment.',
  });
  return true;
}

/**
 * Records that an attempt began, and that the order no longer waits for a payment method. Returns the attempt's key, with the next number:
 * an activity that starts again continues the count. Undefined if the order was closed without payment.
 */
export async function beginPaymentAttempt(
  db: Db,
  { orderId, revision }: Pick<AttemptKey, 'orderId' | 'revision'>,
): Promise<AttemptKey | undefined> {
  return db.transaction().execute(async (trx) => {
    // A worker that was presumed dead may begin one at the same time, and a customer may cancel.
    const order = await lockOrder(trx, orderId);
    if (order?.status === 'cancelled' || order?.status === 'payment_failed') return undefined;
    const { attempt } = await trx
      .insertInto('paymentAttempts')
      .columns(['orderId', 'revision', 'attempt'])
      .expression((eb) =>
        eb
          .selectFrom('paymentAttempts')
          .select([
            sql<string>`${orderId}::uuid`.as('orderId'),
            sql<number>`${revision}::integer`.as('revision'),
            // Attempts from before the order was reopened may be in the archive.
            sql<number>`greatest(max(attempt), (
              SELECT max(attempt) FROM archived_payment_attempts
              WHERE order_id = ${orderId}::uuid AND revision = ${revision}::integer), 0) + 1`.as('attempt'),
          ])
          .where('orderId', '=', orderId)
          .where('revision', '=', revision),
      )
      .returning('attempt')
      .executeTakeFirstOrThrow();
    await trx
      .updateTable('orders')
      .set({ status: 'pending', failureCode: null, failureMessage: null, updatedAt: new Date() })
      .where('id', '=', orderId)
      .where('status', '=', 'awaiting_payment_method')
      .execute();
    return { orderId, revision, attempt };
  });
}

/** How an attempt ended. */
export type AttemptEnd =
  { outcome: 'succeeded' } | { outcome: 'declined' | 'failed'; code: string; message: string };

/**
 * Records an attempt's end and, in the same transaction, that an order is paid if its attempt succeeded. An order that is past its payment
 * keeps its status.
 */
export async function endPaymentAttempt(db: Db, key: AttemptKey, end: AttemptEnd): Promise<void> {
  const error = end.outcome === 'succeeded' ? undefined : end;
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('paymentAttempts')
      .set({
        endedAt: new Date(),
        outcome: end.outcome,
        errorCode: error?.code ?? null,
        errorMessage: error?.message ?? null,
      })
      .where('orderId', '=', key.orderId)
      .where('revision', '=', key.revision)
      .where('attempt', '=', key.attempt)
      .execute();
    if (end.outcome !== 'succeeded') return;
    await trx
      .updateTable('orders')
      .set({ status: 'paid', paidAt: new Date(), updatedAt: new Date() })
      .where('id', '=', key.orderId)
      .where('status', 'in', unpaidOrderStatuses)
      .execute();
    await forgetRepricing(trx, key.orderId);
  });
}
