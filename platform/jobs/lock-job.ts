import { sql } from 'kysely';
import type { Trx } from '../database/connect.ts';

/** Keeps others from settling or retrying a job until the end of the caller's transaction. */
export async function lockJob(trx: Trx, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
}

/** Whether a run was retried, as far as committed. Its job's lock makes the answer last. */
export async function isRetried(trx: Trx, run: { id: string; runId: string }): Promise<boolean> {
  const retry = await trx
    .selectFrom('job_retries')
    .select('run_id')
    .where('job_id', '=', run.id)
    .where('run_id', '=', run.runId)
    .executeTakeFirst();
  return retry !== undefined;
}
