import type { Db } from '../database/connect.ts';

/** The start of a job that is committed but not made yet, or undefined. */
export async function findUndispatchedStart(
  db: Db,
  jobId: string,
): Promise<{ jobType: string; createdAt: Date; nextAttemptAt: Date; startAt: Date | null } | undefined> {
  return db
    .selectFrom('outbox')
    .select([
      'job_type as jobType',
      'created_at as createdAt',
      'next_attempt_at as nextAttemptAt',
      'start_at as startAt',
    ])
    .where('job_id', '=', jobId)
    .where('dispatched_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
