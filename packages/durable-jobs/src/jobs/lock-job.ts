import { sql } from 'kysely';
import type { Trx } from '../database/connect.ts';

/**
 * Locks a job until the end of the caller's transaction, so that others can neither start it again for the same key, nor settle or retry
 * it. `durable_jobs.enqueue` takes the same lock in SQL.
 */
export async function lockJob(trx: Trx, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
}
