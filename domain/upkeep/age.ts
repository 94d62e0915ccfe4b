import { sql, type RawBuilder } from 'kysely';

/** The time so many milliseconds ago, by the database's clock. */
export function ago(ms: number): RawBuilder<Date> {
  return sql<Date>`(now() - make_interval(secs => ${ms / 1000}::double precision))`;
}
