import { sql, type RawBuilder } from 'kysely';
import type { Db } from './connect.ts';

/**
 * Deletes at most `limit` expired rows, and returns how many. `settings` contain the retention periods. Locked rows are skipped, so that
 * the clean-up blocks nobody and several can run at once.
 */
export type DeleteBatch<Settings, Database = Db> = (
  db: Database,
  settings: Settings,
  limit: number,
) => Promise<number>;

/** The expired rows of a table. Names are those in the database. */
export interface ExpiredRows {
  table: string;
  /** The columns of its primary key. */
  key: readonly string[];
  where: RawBuilder<unknown>;
  /** The column whose smallest values are deleted first; without it, the rows have no order. */
  orderBy?: string;
}

/** Deletes at most `limit` of these rows in one statement, and returns how many; see {@link DeleteBatch}. */
export async function deleteBatch(
  db: Db,
  { table, key, where, orderBy }: ExpiredRows,
  limit: number,
): Promise<number> {
  const columns = sql.join(key.map((name) => sql.ref(name)));
  const isInBatch = sql.join(
    key.map((name) => sql`${sql.ref(`${table}.${name}`)} = ${sql.ref(`batch.${name}`)}`),
    sql` AND `,
  );
  const order = orderBy === undefined ? sql`` : sql`ORDER BY ${sql.ref(orderBy)}`;
  const { numAffectedRows } = await sql`
    WITH batch AS MATERIALIZED (
      SELECT ${columns} FROM ${sql.table(table)} WHERE ${where} ${order} LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    DELETE FROM ${sql.table(table)} USING batch WHERE ${isInBatch}`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Returns the time `ms` milliseconds ago, by the database's clock. */
export function ago(ms: number): RawBuilder<Date> {
  return sql<Date>`(now() - make_interval(secs => ${ms / 1000}::double precision))`;
}
