import type { Db } from '../../database/connect.ts';

/** How a run was started again, if it was: by which run, or null until that is known. */
export async function findRetry(
  db: Db,
  jobId: string,
  runId: string,
): Promise<{ newRunId: string | null } | undefined> {
  return db
    .selectFrom('job_retries')
    .select('new_run_id as newRunId')
    .where('job_id', '=', jobId)
    .where('run_id', '=', runId)
    .executeTakeFirst();
}

/** Lets a run be started again once more, where nothing came of the last time. */
export async function forgetRetry(db: Db, jobId: string, runId: string): Promise<void> {
  await db
    .deleteFrom('job_retries')
    .where('job_id', '=', jobId)
    .where('run_id', '=', runId)
    .where('new_run_id', 'is', null)
    .execute();
}
