import { processOrder } from '../../contracts/jobs/process-order.ts';
import { sql } from 'kysely';
import { jobId } from 'durable-jobs/define';
import type { Trx } from '../database/schema.ts';
import type { DailyReportData } from './daily-report.ts';
import { addDays, dayBounds, type Day } from './local-day.ts';

/** A period of time, without its end. */
interface Period {
  from: Date;
  to: Date;
}

/** The number of days in the trend, including the report's own. */
const TREND_DAYS = 14;

/** The maximum number of orders, and of emails, in the list of the slowest. */
const SLOWEST = 5;

/**
 * Computes the figures of a local day from the tables. Run it in a transaction that sees one state of the database, so that the parts
 * agree.
 */
export async function compileDailyReport(trx: Trx, day: Day, timeZone: string): Promise<DailyReportData> {
  const bounds = dayBounds(day, timeZone);
  return {
    day,
    timeZone,
    from: bounds.from.toISOString(),
    to: bounds.to.toISOString(),
    registrations: await countRegistrations(trx, bounds),
    emails: await countEmails(trx, bounds),
    orders: await countOrders(trx, bounds),
    revenue: await sumRevenue(trx, bounds),
    payments: await countPayments(trx, bounds),
    slowest: [...(await slowestOrders(trx, bounds)), ...(await slowestEmails(trx, bounds))].toSorted(
      (a, b) => b.durationMs - a.durationMs,
    ),
    trend: await trendOf(trx, day, timeZone),
  };
}

async function countRegistrations(trx: Trx, { from, to }: Period): Promise<number> {
  const { n } = await trx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('createdAt', '>=', from)
    .where('createdAt', '<', to)
    .executeTakeFirstOrThrow();
  return n;
}

async function countEmails(trx: Trx, { from, to }: Period): Promise<DailyReportData['emails']> {
  const { rows } = await sql<DailyReportData['emails'][number]>`
    SELECT template,
      count(*) FILTER (WHERE status = 'sent' AND sent_at >= ${from} AND sent_at < ${to}) AS sent,
      count(*) FILTER (WHERE status = 'dead' AND created_at >= ${from} AND created_at < ${to}) AS refused,
      count(*) FILTER (WHERE status = 'pending' AND created_at >= ${from} AND created_at < ${to}) AS waiting
    FROM emails
    WHERE (sent_at >= ${from} AND sent_at < ${to})
      OR (status <> 'sent' AND created_at >= ${from} AND created_at < ${to})
    GROUP BY template ORDER BY template`.execute(trx);
  return rows;
}

async function countOrders(trx: Trx, { from, to }: Period): Promise<DailyReportData['orders']> {
  const byStatus = await trx
    .selectFrom('orders')
    .select(({ fn }) => ['status', fn.countAll<number>().as('count')])
    .where('createdAt', '>=', from)
    .where('createdAt', '<', to)
    .groupBy('status')
    .orderBy('count', 'desc')
    .orderBy('status')
    .execute();
  return { placed: byStatus.reduce((sum, { count }) => sum + count, 0), byStatus };
}

/**
 * Returns the money that was taken and returned in a period, one row for each amount. An order that was closed before its payment was
 * confirmed has no `paid_at`: only its refund shows that the money was taken, and both count at the time of the refund.
 */
const moneyOf = ({ from, to }: Period) => sql`
  SELECT upper(currency) AS currency, paid_at AS at, 1 AS paid, amount_minor AS taken, 0::bigint AS refunded
  FROM orders WHERE paid_at >= ${from} AND paid_at < ${to}
  UNION ALL
  SELECT upper(currency), refunded_at, 0, CASE WHEN paid_at IS NULL THEN refunded_minor ELSE 0 END, refunded_minor
  FROM orders WHERE refunded_at >= ${from} AND refunded_at < ${to}`;

async function sumRevenue(trx: Trx, period: Period): Promise<DailyReportData['revenue']> {
  const { rows } = await sql<DailyReportData['revenue'][number]>`
    SELECT currency, sum(paid) AS "paidOrders", sum(taken)::bigint AS "takenMinor",
      sum(refunded)::bigint AS "refundedMinor", sum(taken - refunded)::bigint AS "netMinor"
    FROM (${moneyOf(period)}) AS money
    GROUP BY currency ORDER BY sum(paid) DESC, currency`.execute(trx);
  return rows;
}

async function countPayments(trx: Trx, { from, to }: Period): Promise<DailyReportData['payments']> {
  const { rows } = await sql<DailyReportData['payments']>`
    SELECT count(*) AS attempts,
      count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE outcome = 'declined') AS declined,
      count(*) FILTER (WHERE outcome = 'failed') AS failed,
      count(*) FILTER (WHERE outcome IS NULL) AS unfinished,
      count(*) FILTER (WHERE attempt > 1) AS retries
    FROM payment_attempts WHERE started_at >= ${from} AND started_at < ${to}`.execute(trx);
  const [row] = rows;
  if (!row) throw new Error('a count has no row');
  return row;
}

async function slowestOrders(trx: Trx, { from, to }: Period): Promise<DailyReportData['slowest']> {
  const rows = await trx
    .selectFrom('orders')
    .select([
      'id',
      'paidAt as endedAt',
      sql<number>`${milliseconds(sql`paid_at - created_at`)}`.as('durationMs'),
    ])
    .where('paidAt', '>=', from)
    .where('paidAt', '<', to)
    .orderBy('durationMs', 'desc')
    .limit(SLOWEST)
    .$narrowType<{ endedAt: Date }>()
    .execute();
  return rows.map(({ id, endedAt, durationMs }) => ({
    kind: 'order',
    id: jobId(processOrder, { orderId: id }),
    durationMs,
    endedAt: endedAt.toISOString(),
  }));
}

async function slowestEmails(trx: Trx, { from, to }: Period): Promise<DailyReportData['slowest']> {
  const rows = await trx
    .selectFrom('emails')
    .select([
      'key',
      'sentAt as endedAt',
      sql<number>`${milliseconds(sql`sent_at - created_at`)}`.as('durationMs'),
    ])
    .where('sentAt', '>=', from)
    .where('sentAt', '<', to)
    .orderBy('durationMs', 'desc')
    .limit(SLOWEST)
    .$narrowType<{ endedAt: Date }>()
    .execute();
  return rows.map(({ key, endedAt, durationMs }) => ({
    kind: 'email',
    id: key,
    durationMs,
    endedAt: endedAt.toISOString(),
  }));
}

/** Never negative: `sent_at` is from the worker's clock and `created_at` from the database's. */
const milliseconds = (interval: ReturnType<typeof sql>) =>
  sql`greatest(0, round(extract(epoch FROM ${interval}) * 1000))::bigint`;

async function trendOf(trx: Trx, lastDay: Day, timeZone: string): Promise<DailyReportData['trend']> {
  const days = Array.from({ length: TREND_DAYS }, (_, index) =>
    dayBounds(addDays(lastDay, index + 1 - TREND_DAYS), timeZone),
  );
  const period = { from: days[0]?.from ?? new Date(0), to: days.at(-1)?.to ?? new Date(0) };
  /** Which of the days an instant belongs to: 1 is the oldest. */
  const dayOf = (column: string) =>
    sql`width_bucket(${sql.ref(column)}, ${days.map(({ from }) => from)}::timestamptz[])`;
  const count = async (
    table: string,
    column: string,
    condition = sql`true`,
  ): Promise<Map<number, number>> => {
    const { rows } = await sql<{ day: number; n: number }>`
      SELECT ${dayOf(column)} AS day, count(*) AS n FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} >= ${period.from} AND ${sql.ref(column)} < ${period.to} AND ${condition}
      GROUP BY 1`.execute(trx);
    return new Map(rows.map(({ day, n }) => [day, n]));
  };
  const registrations = await count('users', 'createdAt');
  const orders = await count('orders', 'createdAt');
  const emailsSent = await count('emails', 'sentAt', sql`status = 'sent'`);
  const failures = await count('paymentAttempts', 'startedAt', sql`outcome IN ('failed', 'declined')`);
  const { rows: revenue } = await sql<{ day: number; currency: string; net: number }>`
    SELECT ${dayOf('at')} AS day, currency, sum(taken - refunded)::bigint AS net
    FROM (${moneyOf(period)}) AS money
    GROUP BY 1, currency ORDER BY currency`.execute(trx);
  return days.map(({ day }, index) => ({
    day,
    registrations: registrations.get(index + 1) ?? 0,
    orders: orders.get(index + 1) ?? 0,
    emailsSent: emailsSent.get(index + 1) ?? 0,
    paymentFailures: failures.get(index + 1) ?? 0,
    revenue: Object.fromEntries(
      revenue.filter((row) => row.day === index + 1).map(({ currency, net }) => [currency, net]),
    ),
  }));
}
