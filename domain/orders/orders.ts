import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sql, type Selectable } from 'kysely';
import { type Page, type PageRequest, readPage } from 'durable-jobs/database';
import type { Database, Db, Trx } from '../database/schema.ts';
import { closedOrderStatuses, settlingOrderStatuses, type OrderStatus } from './order-status.ts';

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

/** An order with its items and payment attempts. */
export interface OrderDetails {
  order: Order;
  items: OrderItem[];
  attempts: PaymentAttempt[];
}

/** Adds an order with its items and first payment method; undefined if the user does not exist, or the order's id does. */
export async function insertOrder(
  trx: Trx,
  input: NewOrder,
  id: string = randomUUID(),
): Promise<Order | undefined> {
  const items = input.items.map((item, index) => ({ ...item, line: index + 1 }));
  // One statement for the check and the inserts: a foreign-key error would end the caller's transaction, and each statement costs a round trip.
  // In SQL, because each accepted request makes it, and a query builder takes several times as long.
  const { rows } = await sql<Order>`
    WITH placed AS (
      INSERT INTO orders (id, user_id, currency, amount_minor)
      SELECT ${id}::uuid, users.id, ${input.currency}::text, ${input.amountMinor}::bigint
      FROM users WHERE users.id = ${input.userId} AND users.erased_at IS NULL
      -- Waits for an erasure in progress, and then finds the person erased. The foreign key would wait too late.
      FOR KEY SHARE
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    ), placed_items AS (
      INSERT INTO order_items (order_id, line, sku, quantity, unit_amount_minor)
      SELECT placed.id, item.line, item.sku, item.quantity, item."unitAmountMinor"
      FROM placed, jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        AS item(line integer, sku text, quantity integer, "unitAmountMinor" bigint)
    ), placed_method AS (
      INSERT INTO order_payment_methods (order_id, revision, payment_method)
      SELECT id, 1, ${input.paymentMethod}::text FROM placed
    )
    SELECT * FROM placed`.execute(trx);
  return rows[0];
}

/** Returns an order by id, or undefined. */
export async function findOrder(db: Db, id: string): Promise<Order | undefined> {
  const { rows } = await sql<Order>`SELECT * FROM orders WHERE id = ${id}`.execute(db);
  return rows[0];
}

/**
 * Whether an existing order is the one that was placed. Prices and the payment method are not compared: an order may have been repriced,
 * and its customer may have changed the payment method.
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

/** What a list of orders can be searched by. */
export interface OrderFilter {
  status?: OrderStatus | undefined;
  userId?: string | undefined;
}

/** Returns a page of orders, newest first. */
export async function listOrders(db: Db, filter: OrderFilter, page: PageRequest): Promise<Page<Order>> {
  const { status, userId } = filter;
  const query = db
    .selectFrom('orders')
    .selectAll()
    // As a literal, so that the planner compares it with the condition of the partial index of open orders.
    .$if(status !== undefined, (some) => some.where(sql<boolean>`status = ${sql.lit(status)}`))
    .$if(userId !== undefined, (some) => some.where('userId', '=', userId ?? ''));
  return readPage(query, { at: 'orders.createdAt', id: 'orders.id' }, page);
}

/** The columns of `payment_attempts`, in order. */
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

/** Returns the lines of an order. */
export async function listOrderItems(db: Db, orderId: string): Promise<OrderItem[]> {
  return db
    .selectFrom('orderItems')
    .select(['sku', 'quantity', 'unitAmountMinor'])
    .where('orderId', '=', orderId)
    .orderBy('line')
    .execute();
}

/** Returns an order with its items and payment attempts, in order of time; undefined if it does not exist. */
export async function findOrderDetails(db: Db, id: string): Promise<OrderDetails | undefined> {
  const order = await findOrder(db, id);
  if (!order) return undefined;
  const [items, attempts] = await Promise.all([
    listOrderItems(db, id),
    db
      .selectFrom('paymentAttempts')
      .select(attemptColumns)
      .where('orderId', '=', id)
      // Old attempts are in the archive, which readers of an order need not know.
      .unionAll((eb) =>
        eb.selectFrom('archivedPaymentAttempts').select(attemptColumns).where('orderId', '=', id),
      )
      .orderBy('revision')
      .orderBy('attempt')
      .execute(),
  ]);
  return { order, items, attempts };
}

/**
 * Sets an order's status, unless it is already closed: the first closing status stays. Only an unpaid order can change to waiting for
 * another payment method, so a late repeat changes nothing.
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

/** Locks an order until the end of the caller's transaction; undefined if it does not exist. */
export async function lockOrder(trx: Trx, id: string): Promise<Order | undefined> {
  const { rows } = await sql<Order>`SELECT * FROM orders WHERE id = ${id} FOR UPDATE`.execute(trx);
  return rows[0];
}

/** Marks an order as changed, so that a process that has read it reads it again. */
export async function touchOrder(trx: Trx, id: string): Promise<void> {
  await trx
    .updateTable('orders')
    .set({ updatedAt: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .execute();
}
