import type { Db } from '../../database/connect.ts';

/** Returns whether a run was retried, and the new run's id, or null until that is known. */
export async function findRetry(
  db: Db,
  jobId: string,
  runId: string,
): Promise<{ newRunId: string | null } | undefined> {
  return db
    .selectFrom('jobRetries')
    .select('newRunId')
    .where('jobId', '=', jobId)
    .where('runId', '=', runId)
    .executeTakeFirst();
}

/** Whether a committed retry of a run exists. While its job is locked, the answer can't change. */
export async function isRetried(db: Db, run: { id: string; runId: string }): Promise<boolean> {
  return (await findRetry(db, run.id, run.runId)) !== undefined;
}

/** Allows a run to be retried once more, if the previous retry started nothing. */
export async function forgetRetry(db: Db, jobId: string, runId: string): Promise<void> {
  await db
    .deleteFrom('jobRetries')
    .where('jobId', '=', jobId)
    .where('runId', '=', runId)
    .where('newRunId', 'is', null)
    .execute();
}
