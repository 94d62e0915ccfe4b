import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Database, Db, Trx } from '../database/schema.ts';
import {
  closedOrderStatuses,
  settlingOrderStatuses,
  unpaidOrderStatuses,
  type OrderStatus,
} from './order-status.ts';
import type { Selectable } from 'kysely';

/** A line of an order; the amount of one piece is in minor units. */
export interface OrderItem {
  sku: string;
  quantity: number;
  unitAmountMinor: number;
}

/** An order as it is placed. */
export interface NewOrder {
  userId: string;
  /** Three lower-case letters. */
  currency: string;
  items: readonly OrderItem[];
  amountMinor: number;
  paymentMethod: string;
}

/** A row of `orders`. */
export type Order = Selectable<Database['orders']>;
/** A row of `payment_attempts`. */
export type PaymentAttempt = Selectable<Database['paymentAttempts']>;

/** Everything that is known of one order. */
export interface OrderDetails {
  order: Order;
  items: OrderItem[];
  attempts: PaymentAttempt[];
}

/** Adds an order with its items and first payment method; undefined if there is no such user, or an order with that id. */
export async function insertOrder(
  trx: Trx,
  input: NewOrder,
  id: string = randomUUID(),
): Promise<Order | undefined> {
  const items = input.items.map((item, index) => ({ ...item, line: index + 1 }));
  // One statement for the check and the inserts: a foreign-key error would end the caller's transaction, and each statement costs a round trip.
  return trx
    .with('placed', (db) =>
      db
        .insertInto('orders')
        .columns(['id', 'userId', 'currency', 'amountMinor'])
        .expression((eb) =>
          eb
            .selectFrom('users')
            .select([
              sql<string>`${id}::uuid`.as('id'),
              'users.id as userId',
              sql<string>`${input.currency}::text`.as('currency'),
              sql<number>`${input.amountMinor}::bigint`.as('amountMinor'),
            ])
            .where('users.id', '=', input.userId)
            .where('users.erasedAt', 'is', null)
            // Waits for an erasure that is in progress, and then finds the person erased. The foreign key would wait too late.
            .forKeyShare(),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returningAll(),
    )
    .with('placedItems', (db) =>
      db
        .insertInto('orderItems')
        .columns(['orderId', 'line', 'sku', 'quantity', 'unitAmountMinor'])
        .expression((eb) =>
          eb
            .selectFrom([
              'placed',
              sql<
                OrderItem & { line: number }
              >`jsonb_to_recordset(${JSON.stringify(items)}::jsonb)`.as<'item'>(
                sql`item(line integer, sku text, quantity integer, "unitAmountMinor" bigint)`,
              ),
            ])
            .select([
              'placed.id as orderId',
              'item.line',
              'item.sku',
              'item.quantity',
              sql<number>`item."unitAmountMinor"`.as('unitAmountMinor'),
            ]),
        ),
    )
    .with('placedMethod', (db) =>
      db
        .insertInto('orderPaymentMethods')
        .columns(['orderId', 'revision', 'paymentMethod'])
        .expression((eb) =>
          eb
            .selectFrom('placed')
            .select([
              'placed.id as orderId',
              sql<number>`1`.as('revision'),
              sql<string>`${input.paymentMethod}::text`.as('paymentMethod'),
            ]),
        ),
    )
    .selectFrom('placed')
    .selectAll()
    .executeTakeFirst();
}

/** An order by id, or undefined. */
export async function findOrder(db: Db, id: string): Promise<Order | undefined> {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * Whether an order is what was placed. Prices are not compared, nor is the payment method: an order may have been repriced,
 * and its customer may have changed the other.
 */
export async function isSameOrder(db: Db, order: Order, placed: NewOrder): Promise<boolean> {
  if (order.userId !== placed.userId || order.currency !== placed.currency) return false;
  const items = await db
    .selectFrom('orderItems')
    .select(['sku', 'quantity'])
    .where('orderId', '=', order.id)
    .orderBy('line')
    .execute();
  return isDeepStrictEqual(
    items,
    placed.items.map(({ sku, quantity }) => ({ sku, quantity })),
  );
}

/** Those of `payment_attempts`, in its order. */
const attemptColumns = [
  'orderId',
  'revision',
  'attempt',
  'startedAt',
  'endedAt',
  'outcome',
  'errorCode',
  'errorMessage',
] as const;

/** An order with its items and payment attempts in order of time, or undefined. */
export async function findOrderDetails(db: Db, id: string): Promise<OrderDetails | undefined> {
  const order = await findOrder(db, id);
  if (!order) return undefined;
  const [items, attempts] = await Promise.all([
    db
      .selectFrom('orderItems')
      .select(['sku', 'quantity', 'unitAmountMinor'])
      .where('orderId', '=', id)
      .orderBy('line')
      .execute(),
    db
      .selectFrom('paymentAttempts')
      .select(attemptColumns)
      .where('orderId', '=', id)
      // Old ones are in the archive; whoever looks at an order need not know.
      .unionAll((eb) =>
        eb.selectFrom('archivedPaymentAttempts').select(attemptColumns).where('orderId', '=', id),
      )
      .orderBy('revision')
      .orderBy('attempt')
      .execute(),
  ]);
  return { order, items, attempts };
}

/** Payment methods of one order: each that is declined adds to the history of its job, which has an end. */
export const MOST_PAYMENT_METHODS = 100;

/**
 * Adds a payment method to an order and returns its revision; undefined if the order has had as many as it may. Two at once get revisions
 * of their own.
 */
export async function addPaymentMethod(
  db: Db,
  orderId: string,
  paymentMethod: string,
): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    await trx.selectFrom('orders').select('id').where('id', '=', orderId).forUpdate().execute();
    const row = await trx
      .insertInto('orderPaymentMethods')
      .columns(['orderId', 'revision', 'paymentMethod'])
      .expression((eb) =>
        eb
          .selectFrom('orderPaymentMethods')
          .select([
            sql<string>`${orderId}::uuid`.as('orderId'),
            sql<number>`max(revision) + 1`.as('revision'),
            sql<string>`${paymentMethod}::text`.as('paymentMethod'),
          ])
          .where('orderId', '=', orderId)
          .having(sql<number>`max(revision)`, '<', MOST_PAYMENT_METHODS),
      )
      .returning('revision')
      .executeTakeFirst();
    return row?.revision;
  });
}

/** The payment method of a revision. */
export async function findPaymentMethod(db: Db, orderId: string, revision: number): Promise<string> {
  const row = await db
    .selectFrom('orderPaymentMethods')
    .select('paymentMethod')
    .where('orderId', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirstOrThrow();
  return row.paymentMethod;
}

/** Names an order's payment: an order that was reopened after a failure has another one. */
export type OrderPayment = Pick<Order, 'id' | 'paymentRound'>;

/**
 * Key of a step of an order's payment, at the provider and in `emails`: the same for every attempt, another for each payment
 * that was begun for the order.
 */
export function paymentKey({ id, paymentRound: round }: OrderPayment, step: string): string {
  return round === 1 ? `order:${id}:${step}` : `order:${id}:${round}:${step}`;
}

/** Remembers the provider's payment of an order; the first one of a round stays. */
export async function setPaymentIntent(db: Db, payment: OrderPayment, intentId: string): Promise<void> {
  await db
    .updateTable('orders')
    .set({ paymentIntentId: intentId, updatedAt: new Date() })
    .where('id', '=', payment.id)
    .where('paymentRound', '=', payment.paymentRound)
    .where('paymentIntentId', 'is', null)
    .execute();
}

/** Names one attempt to charge an order: attempts are numbered from 1 for each payment method. */
export interface AttemptKey {
  orderId: string;
  /** Of the payment method. */
  revision: number;
  attempt: number;
}

/**
 * Cancels an order whose payment was never begun, in the caller's transaction: no attempt begins after that, and the order's job closes it
 * when it comes to it. False if an attempt has begun, or the order is past its payment; then its job decides.
 */
export async function cancelUncharged(trx: Trx, orderId: string): Promise<boolean> {
  const order = await lockOrder(trx, orderId);
  // The attempts of an order that was reopened are of several payments.
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
 * Records that an attempt began, and that the order waits for no payment method any more. Returns the attempt's key, which has the next
 * number: an activity that starts again continues the count. Undefined if the order was closed without its money.
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
            // Those of a payment from before the order was reopened may be in the archive.
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

/** How an attempt ended, and what that makes of the order. */
export type AttemptEnd =
  { outcome: 'succeeded' } | { outcome: 'declined' | 'failed'; code: string; message: string };

/**
 * Records an attempt's end and, in the same transaction, that an order whose attempt succeeded is paid. An order that is past its payment
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

/** Drops what the provider was to be told of an order's price: its payment takes no other amount any more. */
async function forgetRepricing(trx: Trx, orderId: string): Promise<void> {
  await trx.deleteFrom('orderRepricings').where('orderId', '=', orderId).execute();
}

/**
 * Sets an order's status, unless it is closed already; the first closing status stays. Only an order without its money
 * comes to wait for another payment method: a late repeat changes nothing.
 */
export async function setOrderStatus(
  db: Db | Trx,
  orderId: string,
  status: OrderStatus,
  failure?: { code: string; message: string },
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ status, updatedAt: new Date() })
    .$if(failure !== undefined, (query) =>
      query.set({ failureCode: failure?.code ?? null, failureMessage: failure?.message ?? null }),
    )
    .where('id', '=', orderId)
    .where('status', 'not in', closedOrderStatuses)
    .$if(status === 'awaiting_payment_method', (query) =>
      query.where('status', 'not in', settlingOrderStatuses),
    )
    .execute();
}

/**
 * Decides that a paid order is not completed any more, and notes why; from then on no late attempt can complete it. False if it was
 * completed meanwhile. Repeating it gives the same answer.
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
 * Records that a payment keeps no money and can take none any more. An order that waited for that is closed with it: its own job does the
 * same, if it still runs.
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

/** Locks an order until the end of the caller's transaction; undefined if there is none. */
export async function lockOrder(trx: Trx, id: string): Promise<Order | undefined> {
  return trx.selectFrom('orders').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** The payment method that was named last for an order. */
export async function newestRevision(db: Db | Trx, orderId: string): Promise<number> {
  const { revision } = await db
    .selectFrom('orderPaymentMethods')
    .select(sql<number>`max(revision)`.as('revision'))
    .where('orderId', '=', orderId)
    .executeTakeFirstOrThrow();
  return revision;
}

/** Opens a closed order, whose payment is returned, for a payment of its own; the former one is kept beside it. */
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

/** The refunds of an order's payments from before it was reopened. */
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

/** Marks an order as changed, so that a process that read it before reads it again. */
export async function touchOrder(trx: Trx, id: string): Promise<void> {
  await trx
    .updateTable('orders')
    .set({ updatedAt: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .execute();
}

/**
 * Closes an order whose job does not run any more, in the caller's transaction, which holds its lock: one without its money is cancelled;
 * one with it gives it back. Returns why its payment is to be returned, or undefined if nothing is left to do.
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
