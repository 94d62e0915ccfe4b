import type { Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';

/** A row of `failed_attempts`: one attempt of an activity, when it was made and what it failed with. */
export type FailedAttempt = Selectable<LibraryDatabase['failedAttempts']>;

/** Stores the time and error of a failed attempt. The engine's history contains only the last failure of an activity. */
export async function insertFailedAttempt(db: Db, attempt: FailedAttempt): Promise<void> {
  await db
    .insertInto('failedAttempts')
    .values(attempt)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Returns the error of an activity's last failed attempt, if it is known. */
export async function findLastError(
  db: Db,
  activity: { jobId: string; runId: string; activityId: string },
): Promise<{ code: string; message: string } | undefined> {
  return db
    .selectFrom('failedAttempts')
    .select(['errorCode as code', 'errorMessage as message'])
    .where('jobId', '=', activity.jobId)
    .where('runId', '=', activity.runId)
    .where('activityId', '=', activity.activityId)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The failed attempts of one run of a job, in order of time. */
export async function findFailedAttempts(db: Db, jobId: string, runId: string): Promise<FailedAttempt[]> {
  return db
    .selectFrom('failedAttempts')
    .selectAll()
    .where('jobId', '=', jobId)
    .where('runId', '=', runId)
    .orderBy('startedAt')
    .execute();
}
