import { sql } from 'kysely';
import type { Trx } from '../database/connect.ts';

/**
 * Keeps others from starting a job once more for the same key, and from settling or retrying it, until the end of the caller's
 * transaction. `durable_jobs.enqueue` takes the same lock in SQL.
 */
export async function lockJob(trx: Trx, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
}
