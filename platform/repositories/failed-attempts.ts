import type { Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { Database } from '../database/schema.ts';

/** A row of `failed_attempts`: one attempt of an activity, when it was made and what it failed with. */
export type FailedAttempt = Selectable<Database['failed_attempts']>;

/**
 * Keeps the time and error of an attempt that failed. The engine's history holds the last failure of an activity alone.
 */
export async function insertFailedAttempt(db: Db, attempt: FailedAttempt): Promise<void> {
  await db
    .insertInto('failed_attempts')
    .values(attempt)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The failed attempts of one run of a job, in order of time. */
export async function findFailedAttempts(db: Db, jobId: string, runId: string): Promise<FailedAttempt[]> {
  return db
    .selectFrom('failed_attempts')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('run_id', '=', runId)
    .orderBy('started_at')
    .execute();
}
