import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import { sqlStatuses, unpaidOrderStatuses } from './order-status.ts';
import { setOrderStatus, lockOrder, type Order } from './orders.ts';

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

/** An attempt that has begun. */
export interface BegunAttempt extends AttemptKey {
  /** The order as it was when the attempt began. Its price does not change while the attempt is in progress. */
  order: Order;
  /** The payment method of the revision. */
  paymentMethod: string;
}

/**
 * Records that an attempt began, and that the order no longer waits for a payment method. The attempt has the next number: an activity that
 * starts again continues the count. Undefined if the order was closed without payment, or does not exist.
 * @throws if the order has no payment method of this revision, because the person was erased; then no attempt is recorded.
 */
export async function beginPaymentAttempt(
  db: Db,
  { orderId, revision }: Pick<AttemptKey, 'orderId' | 'revision'>,
): Promise<BegunAttempt | undefined> {
  return db.transaction().execute(async (trx) => {
    // A worker that was presumed dead may begin one at the same time, a customer may cancel, or the price may change.
    const order = await lockOrder(trx, orderId);
    if (!order || order.status === 'cancelled' || order.status === 'payment_failed') return undefined;
    const { rows } = await sql<Pick<BegunAttempt, 'attempt' | 'paymentMethod'>>`
      INSERT INTO payment_attempts (order_id, revision, attempt)
      SELECT order_id, revision, greatest(
        (SELECT max(attempt) FROM payment_attempts WHERE order_id = ${orderId} AND revision = ${revision}),
        -- Attempts from before the order was reopened may be in the archive.
        (SELECT max(attempt) FROM archived_payment_attempts WHERE order_id = ${orderId} AND revision = ${revision}), 0) + 1
      FROM order_payment_methods WHERE order_id = ${orderId} AND revision = ${revision}
      RETURNING attempt, (
        SELECT payment_method FROM order_payment_methods WHERE order_id = ${orderId} AND revision = ${revision})`.execute(
      trx,
    );
    const [begun] = rows;
    if (!begun) throw new Error(`the order ${orderId} has no payment method ${revision}`);
    if (order.status === 'awaiting_payment_method') {
      await trx
        .updateTable('orders')
        .set({ status: 'pending', failureCode: null, failureMessage: null, updatedAt: new Date() })
        .where('id', '=', orderId)
        .execute();
    }
    return { orderId, revision, order, ...begun };
  });
}

/** How an attempt ended. */
export type AttemptEnd =
  { outcome: 'succeeded' } | { outcome: 'declined' | 'failed'; code: string; message: string };

/**
 * Records an attempt's end and, in the same statement, that an order is paid if its attempt succeeded. An order that is past its payment
 * keeps its status. A payment that was taken accepts no other amount, so an unfinished change of the price is deleted.
 */
export async function endPaymentAttempt(db: Db, key: AttemptKey, end: AttemptEnd): Promise<void> {
  const error = end.outcome === 'succeeded' ? undefined : end;
  const now = new Date();
  const ended = sql`
    UPDATE payment_attempts SET ended_at = ${now}, outcome = ${end.outcome}, error_code = ${error?.code ?? null},
      error_message = ${error?.message ?? null}
    WHERE order_id = ${key.orderId} AND revision = ${key.revision} AND attempt = ${key.attempt}`;
  if (end.outcome !== 'succeeded') {
    await ended.execute(db);
    return;
  }
  await sql`
    WITH ended AS (${ended}), paid AS (
      UPDATE orders SET status = 'paid', paid_at = ${now}, updated_at = ${now}
      WHERE id = ${key.orderId} AND status IN (${sqlStatuses(unpaidOrderStatuses)})
      RETURNING id
    )
    DELETE FROM order_repricings
    -- Always true. As it reads what was paid, the order is locked first, as by everything else that changes both.
    WHERE order_id = ${key.orderId} AND (SELECT count(*) FROM paid) < 2`.execute(db);
}
