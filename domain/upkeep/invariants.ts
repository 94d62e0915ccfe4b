import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { sql } from 'kysely';
import { kebabCase } from 'durable-jobs/define';
import { WELCOME_KEY_PREFIX } from '../mail/email-keys.ts';
import { paidOrderStatuses, sqlStatuses } from '../orders/order-status.ts';
import type { Db } from '../database/schema.ts';

/** A row that violates a rule. */
export interface Violation {
  /** As in `findings.subject`; never personal data. */
  subject: string;
  orderId: string | null;
  details: Record<string, string | number | null>;
}

/** Tables that are checked in ranges, in order, with the key of the ranges. */
const walked = {
  orders: { key: sql`orders.id`, type: sql`uuid` },
  users: { key: sql`users.id`, type: sql`uuid` },
  stock_levels: { key: sql`stock_levels.sku`, type: sql`text` },
};

/** A table that is checked in ranges. */
export type WalkedTable = keyof typeof walked;

/** These tables, in the order in which they are checked. */
export const walkedTables = Object.keys(walked) as [WalkedTable, ...WalkedTable[]];

/** A range of a table's key: above `after`, up to and including `upTo`. */
export interface Range {
  after: string | null;
  upTo: string;
}

/** Maximum number of findings of one kind at once: more are one problem, and the first ones are sufficient to find it. */
const MOST = 200;

/** A rule about the rows of a large table. It reads the rows of one range, so that no query takes long, however many rows there are. */
type RangeCheck = (db: Db, range: Range) => Promise<Violation[]>;

/** Returns the condition that a row is above a key of its table, if there is a key. */
function above(table: WalkedTable, after: string | null) {
  const { key, type } = walked[table];
  return sql`(${after}::${type} IS NULL OR ${key} > ${after}::${type})`;
}

function within(table: WalkedTable, { after, upTo }: Range) {
  const { key, type } = walked[table];
  return sql`${above(table, after)} AND ${key} <= ${upTo}::${type}`;
}

async function violations(db: Db, query: ReturnType<typeof sql<Violation>>): Promise<Violation[]> {
  const { rows } = await query.execute(db);
  return rows;
}

/** Selects the orders of a range that violate a rule, with `details` that explain why. */
const ordersWhere = (
  db: Db,
  range: Range,
  details: ReturnType<typeof sql>,
  condition: ReturnType<typeof sql>,
): Promise<Violation[]> =>
  violations(
    db,
    sql`
      SELECT 'order:' || orders.id AS subject, orders.id AS "orderId",
        jsonb_build_object('status', orders.status) || ${details} AS details
      FROM orders WHERE ${within('orders', range)} AND (${condition}) ORDER BY orders.id LIMIT ${MOST}`,
  );

const welcomeJobPrefix = `${kebabCase(sendWelcomeEmail.type)}:`;

/** The rules about orders. A name is a finding's kind, so released ones are never changed. */
const orderChecks = {
  /** The charged amount is the sum of the lines. */
  order_amount_differs_from_items: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`jsonb_build_object('amount', orders.amount_minor, 'items', (SELECT coalesce(sum(quantity * unit_amount_minor), 0) FROM order_items WHERE order_id = orders.id))`,
      sql`orders.amount_minor <> (SELECT coalesce(sum(quantity * unit_amount_minor), 0) FROM order_items WHERE order_id = orders.id)`,
    ),

  /** Money that was taken has a payment. */
  paid_order_without_payment: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`jsonb_build_object('paidAt', orders.paid_at)`,
      sql`orders.payment_intent_id IS NULL
        AND (orders.status IN (${sqlStatuses(paidOrderStatuses)}) OR orders.paid_at IS NOT NULL)`,
    ),

  /** No more is refunded than was taken. */
  refund_exceeds_amount: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`jsonb_build_object('amount', orders.amount_minor, 'refunded', orders.refunded_minor)`,
      sql`orders.refunded_minor > orders.amount_minor`,
    ),

  /** A completed order has taken exactly its items out of stock. */
  completed_order_without_reservation: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`'{}'::jsonb`,
      sql`orders.status = 'completed' AND EXISTS (
        SELECT sku, sum(quantity) FROM order_items WHERE order_id = orders.id GROUP BY sku
        EXCEPT SELECT sku, quantity FROM stock_reservations WHERE order_id = orders.id)`,
    ),

  /** No other order has taken anything. */
  reservation_of_order_not_completed: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`'{}'::jsonb`,
      sql`orders.status <> 'completed'
        AND EXISTS (SELECT FROM stock_reservations WHERE order_id = orders.id)`,
    ),

  /**
   * An order does not stay unfinished: a payment has its attempts within an hour, a customer has a day to specify another card, and the
   * rest takes minutes. After this time, its job or something that it needs is missing.
   */
  order_does_not_move: (db, range) =>
    ordersWhere(
      db,
      range,
      sql`jsonb_build_object('since', orders.updated_at)`,
      sql`(orders.status IN ('pending', 'paid', 'refunding') AND orders.updated_at < now() - interval '1 day')
        OR (orders.status = 'awaiting_payment_method' AND orders.updated_at < now() - interval '26 hours')`,
    ),
} satisfies Record<string, RangeCheck>;

/** The rules about accounts. A name is a finding's kind, so released ones are never changed. */
const userChecks = {
  /**
   * Every new user gets a welcome email. A day later, its job has at least begun to send it, unless the job waits to start. Each user's
   * email and start are looked up: an anti-join could read all emails for one range.
   */
  user_without_welcome: (db, range) =>
    violations(
      db,
      sql`SELECT 'user:' || users.id AS subject, NULL AS "orderId", jsonb_build_object('registeredAt', users.created_at) AS details
        FROM users
        WHERE ${within('users', range)} AND users.created_at < now() - interval '1 day'
          AND (SELECT id FROM emails WHERE emails.key = ${WELCOME_KEY_PREFIX}::text || users.id) IS NULL
          AND (SELECT id FROM outbox
            WHERE outbox.job_id = ${welcomeJobPrefix}::text || users.id AND outbox.dispatched_at IS NULL AND outbox.dropped_at IS NULL
            LIMIT 1) IS NULL
        ORDER BY users.id LIMIT ${MOST}`,
    ),
} satisfies Record<string, RangeCheck>;

/** The rules about stock. A name is a finding's kind, so released ones are never changed. */
const stockChecks = {
  stock_negative: (db, range) =>
    violations(
      db,
      sql`SELECT 'sku:' || sku AS subject, NULL AS "orderId", jsonb_build_object('available', available) AS details
        FROM stock_levels WHERE ${within('stock_levels', range)} AND available < 0 ORDER BY sku LIMIT ${MOST}`,
    ),
} satisfies Record<string, RangeCheck>;

/** The rules about tables that are checked in ranges. */
export const rangeChecks: Record<WalkedTable, Record<string, RangeCheck>> = {
  orders: orderChecks,
  users: userChecks,
  stock_levels: stockChecks,
};

/** A rule about other rows, with an index that finds the few that may violate it. */
type Check = (db: Db) => Promise<Violation[]>;

/** The rules about other rows. A name is a finding's kind, so released ones are never changed. */
export const otherChecks = {
  /**
   * A job's emails are attempted for three days; one that is still pending after that was abandoned without being marked. The others are
   * sent by the service: if one has been due for a day, the service or the mail server is unavailable.
   */
  email_overdue: (db) =>
    violations(
      db,
      sql`SELECT 'email:' || id AS subject, NULL AS "orderId",
          jsonb_build_object('template', left(template, 200), 'since', created_at, 'attempts', attempts,
            'lastError', left(last_error, 500)) AS details
        FROM emails WHERE status = 'pending'
          AND CASE sender WHEN 'job' THEN created_at < now() - interval '73 hours'
            ELSE next_attempt_at < now() - interval '1 day' END
        ORDER BY created_at LIMIT ${MOST}`,
    ),

  /** The relay starts a job within seconds if the engine is available, unless the job waits for the end of an open run. */
  outbox_entry_stuck: (db) =>
    violations(
      db,
      sql`SELECT 'outbox:' || id AS subject, NULL AS "orderId",
          jsonb_build_object('jobId', job_id, 'since', created_at, 'attempts', attempts,
            'lastError', left(last_error, 500)) AS details
        FROM outbox WHERE dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND run_id IS NULL AND NOT is_held AND created_at < now() - interval '1 hour'
        ORDER BY id LIMIT ${MOST}`,
    ),
} satisfies Record<string, Check>;

/** Returns the next range of a table above `after`, with `length` rows, or undefined if there is none. */
export async function nextRange(
  db: Db,
  table: WalkedTable,
  after: string | null,
  length: number,
): Promise<(Range & { rows: number }) | undefined> {
  const { rows } = await sql<{ upTo: string | null; rows: number }>`
    SELECT max(key::text) AS "upTo", count(*) AS rows FROM (
      SELECT ${walked[table].key} AS key FROM ${sql.table(table)} WHERE ${above(table, after)} ORDER BY key LIMIT ${length}
    ) AS range`.execute(db);
  const { upTo, rows: found } = rows[0] ?? { upTo: null, rows: 0 };
  return upTo === null ? undefined : { after, upTo, rows: found };
}
