import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';

/** An activity whose last attempt failed and that has not succeeded since. */
export type FailingActivity = Omit<Selectable<LibraryDatabase['failing_activities']>, 'place' | 'checked_at'>;

/** A run that has such an activity, at its place in the list of them. */
export interface FailingRun {
  jobId: string;
  runId: string;
  place: number;
}

/** Notes that an attempt failed and another one will follow. A later attempt's note is never replaced by an earlier one's. */
export async function noteFailingActivity(db: Db, activity: FailingActivity): Promise<void> {
  await db
    .insertInto('failing_activities')
    .values({
      ...activity,
      place: sql<number>`coalesce(
        (SELECT min(place) FROM failing_activities WHERE run_id = ${activity.run_id}),
        nextval('failing_activities_place'))`,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'activity_id'])
        .doUpdateSet({
          attempt: activity.attempt,
          failed_at: activity.failed_at,
          error_code: activity.error_code,
          error_message: activity.error_message,
          checked_at: sql<Date>`now()`,
        })
        .where('failing_activities.attempt', '<=', activity.attempt),
    )
    .execute();
}

/** Forgets an activity that succeeded, was cancelled, or failed for good. */
export async function removeFailingActivity(
  db: Db,
  { run_id, activity_id }: Pick<FailingActivity, 'run_id' | 'activity_id'>,
): Promise<void> {
  await db
    .deleteFrom('failing_activities')
    .where('run_id', '=', run_id)
    .where('activity_id', '=', activity_id)
    .execute();
}

/** Forgets an activity that was found not to fail any more, unless another attempt of it has failed since. */
export async function removeUnlessFailedAgain(db: Db, activity: FailingActivity): Promise<void> {
  await db
    .deleteFrom('failing_activities')
    .where('run_id', '=', activity.run_id)
    .where('activity_id', '=', activity.activity_id)
    .where('failed_at', '=', activity.failed_at)
    .execute();
}

/** Up to `limit` runs that have a failing activity, those that began to fail last first. */
export async function listFailingRuns(
  db: Db,
  {
    types,
    before,
    limit,
  }: { types?: readonly string[] | undefined; before?: number | undefined; limit: number },
): Promise<FailingRun[]> {
  let query = db
    .selectFrom('failing_activities')
    .select(['job_id as jobId', 'run_id as runId', (eb) => eb.fn.min('place').as('place')])
    .groupBy(['job_id', 'run_id']);
  if (types) query = query.where('job_type', 'in', types);
  if (before !== undefined) query = query.where('place', '<', before);
  return query.orderBy('place', 'desc').limit(limit).execute();
}

/** The failures that were noted last, at most `limit`. */
export async function newestFailures(db: Db, limit: number): Promise<FailingActivity[]> {
  return db
    .selectFrom('failing_activities')
    .select(failureColumns)
    .orderBy('place', 'desc')
    .limit(limit)
    .execute();
}

/** Takes up to `limit` of those that were not looked at for the longest time, for at least `minAgeMs`. */
export async function takeUnchecked(db: Db, limit: number, minAgeMs: number): Promise<FailingActivity[]> {
  const oldest = db
    .selectFrom('failing_activities')
    .select(['run_id', 'activity_id'])
    .where('checked_at', '<', sql<Date>`now() - make_interval(secs => ${minAgeMs / 1_000})`)
    .orderBy('checked_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return db
    .with(
      (cte) => cte('batch').materialized(),
      () => oldest,
    )
    .updateTable('failing_activities')
    .from('batch')
    .set({ checked_at: sql<Date>`now()` })
    .whereRef('failing_activities.run_id', '=', 'batch.run_id')
    .whereRef('failing_activities.activity_id', '=', 'batch.activity_id')
    .returning(failureColumns.map((column) => `failing_activities.${column}` as const))
    .execute();
}

/** Of these runs, those that have a failing activity. */
export async function failingAmong(db: Db, runIds: readonly string[]): Promise<Set<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('failing_activities')
    .select('run_id')
    .where('run_id', 'in', runIds)
    .execute();
  return new Set(rows.map(({ run_id }) => run_id));
}

/** How many jobs of each type have a failing activity. */
export async function countFailingJobs(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('failing_activities')
    .select(['job_type as type', sql<number>`count(DISTINCT run_id)::float8`.as('jobs')])
    .groupBy('job_type')
    .execute();
  return new Map(rows.map(({ type, jobs }) => [type, jobs]));
}

const failureColumns = [
  'run_id',
  'activity_id',
  'job_id',
  'job_type',
  'activity_type',
  'attempt',
  'failed_at',
  'error_code',
  'error_message',
] as const;
