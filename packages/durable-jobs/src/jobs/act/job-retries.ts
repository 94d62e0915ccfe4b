import type { Db } from '../../database/connect.ts';

/** How a run was started again, if it was: by which run, or null until that is known. */
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

/** Whether a run was retried, as far as committed. Its job's lock makes the answer last. */
export async function isRetried(db: Db, run: { id: string; runId: string }): Promise<boolean> {
  return (await findRetry(db, run.id, run.runId)) !== undefined;
}

/** Lets a run be started again once more, if nothing came of the last time. */
export async function forgetRetry(db: Db, jobId: string, runId: string): Promise<void> {
  await db
    .deleteFrom('jobRetries')
    .where('jobId', '=', jobId)
    .where('runId', '=', runId)
    .where('newRunId', 'is', null)
    .execute();
}
