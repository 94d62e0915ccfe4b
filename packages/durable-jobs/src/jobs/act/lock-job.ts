import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { findRetry } from './job-retries.ts';

/** Keeps others from settling or retrying a job until the end of the caller's transaction. */
export async function lockJob(trx: Trx, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
}

/** Whether a run was retried, as far as committed. Its job's lock makes the answer last. */
export async function isRetried(db: Db, run: { id: string; runId: string }): Promise<boolean> {
  return (await findRetry(db, run.id, run.runId)) !== undefined;
}
