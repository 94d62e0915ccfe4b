import { sql } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';
import { closedOrderStatuses, type Database, type OrderStatus } from '../database/schema.ts';
import type { Selectable } from 'kysely';

export interface OrderItem {
  sku: string;
  quantity: number;
  unitAmountMinor: number;
}

export interface NewOrder {
  userId: string;
  /** Three lower-case letters. */
  currency: string;
  items: readonly OrderItem[];
  amountMinor: number;
  paymentMethod: string;
}

export type Order = Selectable<Database['orders']>;
export type PaymentAttempt = Selectable<Database['payment_attempts']>;

/** Everything that is known of one order. */
export interface OrderDetails {
  order: Order;
  items: OrderItem[];
  attempts: PaymentAttempt[];
}

/** Adds an order with its items and first payment method; undefined where there is no such user. */
export async function insertOrder(trx: Trx, input: NewOrder): Promise<Order | undefined> {
  // One statement for the check and the insert: a foreign-key error would end the caller's transaction.
  const order = await trx
    .insertInto('orders')
    .columns(['user_id', 'currency', 'amount_minor'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select([
          'users.id',
          sql<string>`${input.currency}::text`.as('currency'),
          sql<number>`${input.amountMinor}::bigint`.as('amount_minor'),
        ])
        .where('users.id', '=', input.userId),
    )
    .returningAll()
    .executeTakeFirst();
  if (!order) return undefined;
  await trx
    .insertInto('order_items')
    .values(
      input.items.map((item, index) => ({
        order_id: order.id,
        line: index + 1,
        sku: item.sku,
        quantity: item.quantity,
        unit_amount_minor: item.unitAmountMinor,
      })),
    )
    .execute();
  await trx
    .insertInto('order_payment_methods')
    .values({ order_id: order.id, revision: 1, payment_method: input.paymentMethod })
    .execute();
  return order;
}

/** An order by id, or undefined. */
export async function findOrder(db: Db, id: string): Promise<Order | undefined> {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst();
}

/** An order with its items and payment attempts in order of time, or undefined. */
export async function findOrderDetails(db: Db, id: string): Promise<OrderDetails | undefined> {
  const order = await findOrder(db, id);
  if (!order) return undefined;
  const [items, attempts] = await Promise.all([
    db
      .selectFrom('order_items')
      .select(['sku', 'quantity', 'unit_amount_minor as unitAmountMinor'])
      .where('order_id', '=', id)
      .orderBy('line')
      .execute(),
    db
      .selectFrom('payment_attempts')
      .selectAll()
      .where('order_id', '=', id)
      .orderBy('revision')
      .orderBy('attempt')
      .execute(),
  ]);
  return { order, items, attempts };
}

/** Adds a payment method to an order and returns its revision. Two at once get revisions of their own. */
export async function addPaymentMethod(db: Db, orderId: string, paymentMethod: string): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await trx.selectFrom('orders').select('id').where('id', '=', orderId).forUpdate().execute();
    const row = await trx
      .insertInto('order_payment_methods')
      .columns(['order_id', 'revision', 'payment_method'])
      .expression((eb) =>
        eb
          .selectFrom('order_payment_methods')
          .select([
            sql<string>`${orderId}::uuid`.as('order_id'),
            sql<number>`max(revision) + 1`.as('revision'),
            sql<string>`${paymentMethod}::text`.as('payment_method'),
          ])
          .where('order_id', '=', orderId),
      )
      .returning('revision')
      .executeTakeFirstOrThrow();
    return row.revision;
  });
}

/** The payment method of a revision. */
export async function findPaymentMethod(db: Db, orderId: string, revision: number): Promise<string> {
  const row = await db
    .selectFrom('order_payment_methods')
    .select('payment_method')
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirstOrThrow();
  return row.payment_method;
}

/** Remembers the provider's payment of an order; the first one stays. */
export async function setPaymentIntent(db: Db, orderId: string, intentId: string): Promise<void> {
  await db
    .updateTable('orders')
    .set({ payment_intent_id: intentId, updated_at: new Date() })
    .where('id', '=', orderId)
    .where('payment_intent_id', 'is', null)
    .execute();
}

/**
 * Notes that an attempt began, and that the order waits for no payment method any more. Beginning the same attempt
 * again leaves the first note.
 */
export async function beginPaymentAttempt(
  db: Db,
  key: { orderId: string; revision: number; attempt: number },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('payment_attempts')
      .values({ order_id: key.orderId, revision: key.revision, attempt: key.attempt })
      .onConflict((conflict) => conflict.columns(['order_id', 'revision', 'attempt']).doNothing())
      .execute();
    await trx
      .updateTable('orders')
      .set({ status: 'pending', failure_code: null, failure_message: null, updated_at: new Date() })
      .where('id', '=', key.orderId)
      .where('status', '=', 'awaiting_payment_method')
      .execute();
  });
}

/** How an attempt ended, and what that makes of the order. */
export type AttemptEnd =
  { outcome: 'succeeded' } | { outcome: 'declined' | 'failed'; code: string; message: string };

/**
 * Notes an attempt's end and, in the same transaction, that an order whose attempt succeeded is paid. An order that is
 * closed keeps its status.
 */
export async function endPaymentAttempt(
  db: Db,
  key: { orderId: string; revision: number; attempt: number },
  end: AttemptEnd,
): Promise<void> {
  const error = end.outcome === 'succeeded' ? undefined : end;
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('payment_attempts')
      .set({
        ended_at: new Date(),
        outcome: end.outcome,
        error_code: error?.code ?? null,
        error_message: error?.message ?? null,
      })
      .where('order_id', '=', key.orderId)
      .where('revision', '=', key.revision)
      .where('attempt', '=', key.attempt)
      .execute();
    if (end.outcome !== 'succeeded') return;
    await trx
      .updateTable('orders')
      .set({ status: 'paid', paid_at: new Date(), updated_at: new Date() })
      .where('id', '=', key.orderId)
      .where('status', 'not in', closedOrderStatuses)
      .execute();
  });
}

/** Sets an order's status, unless it is closed already; the first closing status stays. */
export async function setOrderStatus(
  db: Db | Trx,
  orderId: string,
  status: OrderStatus,
  failure?: { code: string; message: string },
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ status, updated_at: new Date() })
    .$if(failure !== undefined, (query) =>
      query.set({ failure_code: failure?.code ?? null, failure_message: failure?.message ?? null }),
    )
    .where('id', '=', orderId)
    .where('status', 'not in', closedOrderStatuses)
    .execute();
}

/** Notes the refund of an order's money. */
export async function setRefund(
  db: Db,
  orderId: string,
  refund: { refundId: string; amountMinor: number },
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ refund_id: refund.refundId, refunded_minor: refund.amountMinor, updated_at: new Date() })
    .where('id', '=', orderId)
    .execute();
}
