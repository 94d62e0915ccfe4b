import { sql, type Selectable } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { LibraryDatabase } from '../../database/schema.ts';

/** An activity whose last attempt failed and that has not succeeded since. */
export type FailingActivity = Omit<Selectable<LibraryDatabase['failingActivities']>, 'place' | 'checkedAt'>;

/** A run with such an activity, at its place in their list. */
export interface FailingRun {
  jobId: string;
  runId: string;
  place: number;
}

/** Greater than every place. */
const NO_PLACE = Number.MAX_SAFE_INTEGER;

/** Records that an attempt failed and another one will follow. A later attempt's note is never replaced by an earlier one's. */
export async function noteFailingActivity(db: Db, activity: FailingActivity): Promise<void> {
  await db
    .insertInto('failingActivities')
    .values({
      ...activity,
      place: sql<number>`coalesce(
        (SELECT min(place) FROM failing_activities WHERE run_id = ${activity.runId}),
        nextval('failing_activities_place'))`,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['runId', 'activityId'])
        .doUpdateSet({
          attempt: activity.attempt,
          failedAt: activity.failedAt,
          errorCode: activity.errorCode,
          errorMessage: activity.errorMessage,
          checkedAt: sql<Date>`now()`,
        })
        .where('failingActivities.attempt', '<=', activity.attempt),
    )
    .execute();
}

/** Removes the record of an activity that succeeded, was cancelled, or failed permanently. */
export async function removeFailingActivity(
  db: Db,
  { runId, activityId }: Pick<FailingActivity, 'runId' | 'activityId'>,
): Promise<void> {
  await db
    .deleteFrom('failingActivities')
    .where('runId', '=', runId)
    .where('activityId', '=', activityId)
    .execute();
}

/** Removes the record of an activity that no longer fails, unless another attempt of it has failed since. */
export async function removeUnlessFailedAgain(db: Db, activity: FailingActivity): Promise<void> {
  await db
    .deleteFrom('failingActivities')
    .where('runId', '=', activity.runId)
    .where('activityId', '=', activity.activityId)
    .where('failedAt', '=', activity.failedAt)
    .execute();
}

/**
 * Up to `limit` runs that have a failing activity, those that began to fail last first. `error` has the code of its error, or text in the
 * message, in any case.
 */
export async function listFailingRuns(
  db: Db,
  {
    types,
    error,
    before,
    limit,
  }: {
    types?: readonly string[] | undefined;
    error?: { code?: string | undefined; text?: string | undefined } | undefined;
    before?: number | undefined;
    limit: number;
  },
): Promise<FailingRun[]> {
  const conditions = [
    sql`true`,
    ...(types ? [sql`job_type = ANY(${types}::text[])`] : []),
    ...(error?.code === undefined ? [] : [sql`error_code = ${error.code}`]),
    ...(error?.text === undefined ? [] : [sql`strpos(lower(error_message), lower(${error.text})) > 0`]),
  ];
  const isMeant = sql.join(conditions, sql` AND `);
  // The first activity of each run, so that the index provides the runs in their order, and no more are read than a page has.
  const { rows } = await sql<FailingRun>`
    SELECT job_id AS "jobId", run_id AS "runId", place FROM failing_activities AS activity
    WHERE ${isMeant} AND place < ${before ?? NO_PLACE} AND NOT EXISTS (
      SELECT FROM failing_activities WHERE run_id = activity.run_id
        AND (place, activity_id) < (activity.place, activity.activity_id) AND ${isMeant})
    ORDER BY place DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** The failures that were noted last, at most `limit`. */
export async function newestFailures(db: Db, limit: number): Promise<FailingActivity[]> {
  return db
    .selectFrom('failingActivities')
    .select(failureColumns)
    .orderBy('place', 'desc')
    .limit(limit)
    .execute();
}

/** Claims up to `limit` records that were not checked for the longest time, at least `minAgeMs`. */
export async function takeUnchecked(db: Db, limit: number, minAgeMs: number): Promise<FailingActivity[]> {
  const oldest = db
    .selectFrom('failingActivities')
    .select(['runId', 'activityId'])
    .where('checkedAt', '<', sql<Date>`now() - make_interval(secs => ${minAgeMs / 1_000})`)
    .orderBy('checkedAt')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return db
    .with(
      (cte) => cte('batch').materialized(),
      () => oldest,
    )
    .updateTable('failingActivities')
    .from('batch')
    .set({ checkedAt: sql<Date>`now()` })
    .whereRef('failingActivities.runId', '=', 'batch.runId')
    .whereRef('failingActivities.activityId', '=', 'batch.activityId')
    .returning(failureColumns.map((column) => `failingActivities.${column}` as const))
    .execute();
}

/** Of these runs, those that have a failing activity. */
export async function failingAmong(db: Db, runIds: readonly string[]): Promise<Set<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('failingActivities')
    .select('runId')
    .where('runId', 'in', runIds)
    .execute();
  return new Set(rows.map(({ runId }) => runId));
}

/** How many jobs of each type have a failing activity. */
export async function countFailingJobs(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('failingActivities')
    .select(['jobType as type', sql<number>`count(DISTINCT run_id)::float8`.as('jobs')])
    .groupBy('jobType')
    .execute();
  return new Map(rows.map(({ type, jobs }) => [type, jobs]));
}

const failureColumns = [
  'runId',
  'activityId',
  'jobId',
  'jobType',
  'activityType',
  'attempt',
  'failedAt',
  'errorCode',
  'errorMessage',
] as const;
