import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../database/schema.ts';
import { closedOrderStatuses, sqlStatuses } from '../orders/order-status.ts';
import type { PaymentThere } from './compare.ts';
import type { ListedPayment, ListedRefund } from '../payments/provider.ts';
import type { Order } from '../orders/orders.ts';
import { quietBefore, type Reconciliation } from './reconciliations.ts';

/** Stores payments as the provider reports them. A repeat only changes when they were seen. */
export async function keepPayments(db: Db, payments: readonly ListedPayment[]): Promise<void> {
  if (payments.length === 0) return;
  await db
    .insertInto('providerPayments')
    .values(payments.map((payment) => ({ ...payment, seenAt: sql<Date>`now()` })))
    .onConflict((conflict) =>
      conflict.column('intentId').doUpdateSet((eb) => ({
        orderId: eb.ref('excluded.orderId'),
        status: eb.ref('excluded.status'),
        amountMinor: eb.ref('excluded.amountMinor'),
        receivedMinor: eb.ref('excluded.receivedMinor'),
        currency: eb.ref('excluded.currency'),
        createdAt: eb.ref('excluded.createdAt'),
        seenAt: sql<Date>`now()`,
      })),
    )
    .execute();
}

/** Records that the provider does not know a payment. */
export async function keepMissingPayment(db: Db, intentId: string): Promise<void> {
  await db
    .insertInto('providerPayments')
    .values({
      intentId,
      orderId: null,
      status: 'missing',
      amountMinor: 0,
      receivedMinor: 0,
      currency: '',
      createdAt: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('intentId')
        .doUpdateSet({ status: 'missing', receivedMinor: 0, seenAt: sql<Date>`now()` }),
    )
    .execute();
}

/** Stores refunds as the provider reports them. A repeat only changes when they were seen. */
export async function keepRefunds(db: Db, refunds: readonly ListedRefund[]): Promise<void> {
  if (refunds.length === 0) return;
  await db
    .insertInto('providerRefunds')
    .values(refunds.map((refund) => ({ ...refund, seenAt: sql<Date>`now()` })))
    .onConflict((conflict) =>
      conflict.column('refundId').doUpdateSet((eb) => ({
        effective: eb.ref('excluded.effective'),
        seenAt: sql<Date>`now()`,
      })),
    )
    .execute();
}

const closed = sqlStatuses(closedOrderStatuses);

/**
 * Returns up to `limit` payments that a run has to compare and that the provider's lists did not contain: of orders that have changed or are
 * open, of open findings, and of orders with refunds. An order that changed recently is not compared, so its payment is not needed: while
 * customers order, there would always be another one.
 */
export async function findUnseenIntents(
  db: Db,
  run: Reconciliation,
  { limit, quietMs }: { limit: number; quietMs: number },
): Promise<string[]> {
  const isQuiet = sql`orders.updated_at < ${quietBefore(run, quietMs)}`;
  const { rows } = await sql<{ intentId: string }>`
    SELECT intent_id FROM (
      SELECT payment_intent_id AS intent_id FROM orders WHERE updated_at >= ${run.windowStart} AND ${isQuiet}
      UNION SELECT payment_intent_id FROM orders WHERE status NOT IN (${closed}) AND ${isQuiet}
      UNION SELECT orders.payment_intent_id FROM findings JOIN orders ON orders.id = findings.order_id
        WHERE findings.source = 'payments' AND findings.resolved_at IS NULL AND ${isQuiet}
      UNION SELECT substr(subject, length('payment:') + 1) FROM findings
        WHERE source = 'payments' AND resolved_at IS NULL AND subject LIKE 'payment:%'
      UNION SELECT orders.payment_intent_id FROM provider_refunds AS refund
        JOIN orders ON orders.payment_intent_id = refund.intent_id
        WHERE refund.seen_at >= ${run.startedAt} AND ${isQuiet}
    ) AS wanted
    WHERE intent_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM provider_payments AS payment
        WHERE payment.intent_id = wanted.intent_id AND payment.seen_at >= ${run.startedAt})
    LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.intentId);
}

/** Returns those of the payments that a run has not seen: another run may have read some of them meanwhile. */
export async function unseenAmong(
  db: Db,
  run: Reconciliation,
  intentIds: readonly string[],
): Promise<string[]> {
  // Each is looked up: an anti-join could read all payments that the run saw.
  const { rows } = await sql<{ intentId: string }>`
    SELECT intent_id FROM unnest(${intentIds}::text[]) AS wanted (intent_id)
    WHERE ((SELECT seen_at FROM provider_payments AS payment WHERE payment.intent_id = wanted.intent_id)
      >= ${run.startedAt}) IS NOT TRUE`.execute(db);
  return rows.map((row) => row.intentId);
}

/** Metadata may contain anything; only text in the form of our ids is compared with them. */
const orderIdThere = sql`CASE WHEN payment.order_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN payment.order_id::uuid END`;

/**
 * Returns up to `limit` ids, in order, of the orders that a run compares: those of {@link findUnseenIntents} and those of the payments that it
 * saw. It reads all that the run compares, however few ids are returned.
 */
export async function findOrdersToCompare(
  db: Db,
  run: Reconciliation,
  page: { after: string | null; limit: number; quietMs: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT orders.id FROM (
      SELECT id FROM orders WHERE updated_at >= ${run.windowStart}
      UNION SELECT id FROM orders WHERE status NOT IN (${closed})
      UNION SELECT order_id FROM findings
        WHERE source = 'payments' AND resolved_at IS NULL AND order_id IS NOT NULL
      UNION SELECT orders.id FROM provider_payments AS payment
        JOIN orders ON orders.payment_intent_id = payment.intent_id WHERE payment.seen_at >= ${run.startedAt}
      UNION SELECT orders.id FROM provider_payments AS payment
        JOIN orders ON orders.id = ${orderIdThere} WHERE payment.seen_at >= ${run.startedAt}
    ) AS wanted JOIN orders USING (id)
    WHERE (${page.after}::uuid IS NULL OR orders.id > ${page.after}::uuid)
      AND orders.updated_at < ${quietBefore(run, page.quietMs)}
    ORDER BY orders.id LIMIT ${page.limit}`.execute(db);
  return rows.map((row) => row.id);
}

/**
 * Returns the keys of a page as an array whose length PostgreSQL does not know: it looks each of them up. For the 200 keys of a page, it would
 * read all of a table of some 20,000 rows, page after page.
 */
function lookedUp(keys: readonly string[], type: 'uuid' | 'text'): RawBuilder<string[]> {
  return sql<string[]>`ARRAY(SELECT unnest(${keys}::${sql.raw(type)}[]))`;
}

/** Returns those of the orders, by id, that have not changed since a run found them. */
export async function readQuietOrders(
  db: Db,
  run: Reconciliation,
  ids: readonly string[],
  quietMs: number,
): Promise<Order[]> {
  // Found by their ids first: by the time of their change, all quiet orders could be read.
  const { rows } = await sql<Order>`
    WITH page AS MATERIALIZED (SELECT * FROM orders WHERE id = ANY(${lookedUp(ids, 'uuid')}))
    SELECT * FROM page WHERE updated_at < ${quietBefore(run, quietMs)} ORDER BY id`.execute(db);
  return rows;
}

/** A payment at the provider, with the order that its metadata names. */
export type KeptPayment = PaymentThere & { orderId: string | null };

/** Returns those of the payments of `found`, which has the columns of `provider_payments`, that a run saw, each with its refunds. */
async function selectPayments(
  db: Db,
  run: Reconciliation,
  found: RawBuilder<unknown>,
  condition: RawBuilder<unknown>,
): Promise<KeptPayment[]> {
  // Found by their keys first: by the time when they were seen, all payments of the run could be read.
  const { rows } = await sql<KeptPayment>`
    WITH payment AS MATERIALIZED (${found})
    SELECT payment.intent_id, payment.order_id, payment.status, payment.amount_minor, payment.received_minor,
      payment.currency, coalesce(refunded.amount, 0)::bigint AS refunded_minor, refunded.newest AS refund_id
    FROM payment
    LEFT JOIN LATERAL (
      SELECT sum(refund.amount_minor) AS amount,
        (array_agg(refund.refund_id ORDER BY refund.created_at DESC, refund.refund_id))[1] AS newest
      FROM provider_refunds AS refund WHERE refund.intent_id = payment.intent_id AND refund.effective
    ) AS refunded ON true
    WHERE payment.seen_at >= ${run.startedAt} AND ${condition}`.execute(db);
  return rows;
}

/** Returns all payments of these orders that a run saw, by the order's intent or by the payment's metadata. */
export async function findPaymentsOf(
  db: Db,
  run: Reconciliation,
  orders: readonly Order[],
): Promise<KeptPayment[]> {
  const ids = orders.map((order) => order.id);
  const intentIds = orders.flatMap((order) => order.paymentIntentId ?? []);
  return selectPayments(
    db,
    run,
    sql`SELECT * FROM provider_payments
      WHERE order_id = ANY(${lookedUp(ids, 'text')}) OR intent_id = ANY(${lookedUp(intentIds, 'text')})`,
    sql`true`,
  );
}

/** Whether a payment is for an order that we do not have, and did not change recently. */
const isWithoutOrder = (run: Reconciliation, quietMs: number): RawBuilder<unknown> =>
  sql`payment.order_id IS NOT NULL
    AND payment.created_at < ${quietBefore(run, quietMs)}
    AND NOT EXISTS (SELECT FROM orders WHERE orders.id = ${orderIdThere})
    AND NOT EXISTS (SELECT FROM orders WHERE orders.payment_intent_id = payment.intent_id)`;

/**
 * Returns up to `limit` ids, in order, of the payments that a run saw and that took money for an order that we do not have. It reads all
 * payments that the run saw, however few ids are returned. Some may have been refunded, see {@link readPaymentsWithoutOrder}.
 */
export async function findPaymentsWithoutOrder(
  db: Db,
  run: Reconciliation,
  page: { after: string | null; limit: number; quietMs: number },
): Promise<string[]> {
  const { rows } = await sql<{ intentId: string }>`
    SELECT payment.intent_id FROM provider_payments AS payment
    WHERE payment.seen_at >= ${run.startedAt} AND payment.received_minor > 0 AND ${isWithoutOrder(run, page.quietMs)}
      AND (${page.after}::text IS NULL OR payment.intent_id > ${page.after}::text)
    ORDER BY payment.intent_id LIMIT ${page.limit}`.execute(db);
  return rows.map((row) => row.intentId);
}

/** Returns those of the payments, by id, that still have money for an order that we do not have. */
export async function readPaymentsWithoutOrder(
  db: Db,
  run: Reconciliation,
  intentIds: readonly string[],
  quietMs: number,
): Promise<KeptPayment[]> {
  return selectPayments(
    db,
    run,
    sql`SELECT * FROM provider_payments WHERE intent_id = ANY(${lookedUp(intentIds, 'text')})`,
    sql`payment.received_minor > coalesce(refunded.amount, 0) AND ${isWithoutOrder(run, quietMs)}
      ORDER BY payment.intent_id`,
  );
}
