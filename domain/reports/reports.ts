import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import { dailyReportData, type DailyReportData } from './daily-report.ts';
import type { Day } from './local-day.ts';

/** The fields of a report in lists. */
export interface ReportHead {
  id: string;
  kind: 'daily';
  day: Day;
  createdAt: Date;
  /** When its figures were last computed. */
  compiledAt: Date;
}

/** A stored daily report. */
export interface DailyReport extends ReportHead {
  data: DailyReportData;
}

/** The position after a report in the list, which goes from the newest day to the oldest. */
export interface ReportPosition {
  day: Day;
  id: string;
}

/** Stores the report of a day, or updates the existing one, whose id stays. */
export async function storeDailyReport(trx: Trx, data: DailyReportData): Promise<{ id: string }> {
  const row = { data: JSON.stringify(data), compiledAt: new Date() };
  return trx
    .insertInto('reports')
    .values({ kind: 'daily', day: data.day, ...row })
    .onConflict((conflict) => conflict.columns(['kind', 'day']).doUpdateSet(row))
    .returning('id')
    .executeTakeFirstOrThrow();
}

const head = ['id', 'kind', sql<string>`day::text`.as('day'), 'createdAt', 'compiledAt'] as const;

/** Returns a report by id, or undefined. */
export async function findDailyReport(db: Db, id: string): Promise<DailyReport | undefined> {
  const row = await db
    .selectFrom('reports')
    .select([...head, 'data'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { ...row, data: dailyReportData.parse(row.data) };
}

/** Returns up to `limit` reports after a position, or the newest ones. */
export async function listReports(db: Db, limit: number, after?: ReportPosition): Promise<ReportHead[]> {
  return db
    .selectFrom('reports')
    .select(head)
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(day, id) < (${after?.day}::date, ${after?.id}::uuid)`),
    )
    .orderBy('reports.day', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/**
 * Returns the days of a period that have no daily report although reports were already made at that time, oldest first. `before` is not
 * part of the period. Reports are made since the first one that was made soon after its day: a report that an operator requests for a day
 * long past is no reason to report on all days since.
 */
export async function daysWithoutReport(db: Db, span: { from: Day; before: Day }): Promise<Day[]> {
  const { rows } = await sql<{ day: Day }>`
    WITH days AS (
      SELECT since.day + n AS day
      FROM (
        SELECT greatest(min(day), ${span.from}::date) AS day FROM reports
        WHERE kind = 'daily' AND created_at < day + interval '3 days'
        HAVING count(*) > 0
      ) AS since, generate_series(0, ${span.before}::date - since.day - 1) AS n
    )
    SELECT day::text AS day FROM days
    WHERE NOT EXISTS (SELECT 1 FROM reports WHERE kind = 'daily' AND reports.day = days.day)
    ORDER BY 1`.execute(db);
  return rows.map(({ day }) => day);
}
