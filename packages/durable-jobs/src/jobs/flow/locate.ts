import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';

/** A job whose end others wait for. */
export interface AwaitedJob {
  id: number;
  /** The start that waits for it; null if a group does. */
  heldEntryId: number | null;
  jobId: string | null;
  runId: string | null;
  createdAt: Date;
}

/** What represents an awaited job: its run, a start that was not made, a start that has not been made yet, or no start at all. */
export type Place =
  | { kind: 'run'; jobId: string; runId: string }
  | { kind: 'unmade'; entryId: number }
  | { kind: 'to-make' }
  | { kind: 'no-start'; jobId: string };

/** Awaited jobs checked per pass. */
const BATCH = 500;

/** Shortest and longest interval between two checks of a job whose end nobody reports. */
const [SOONEST_SECONDS, LATEST_SECONDS] = [1, 60];

/**
 * Claims the jobs that are due for a check, the longest overdue first. The longer a job has been awaited, the later its next check; a
 * notification of its end makes the check due immediately.
 */
export async function takeAwaited(db: Db): Promise<{ jobs: AwaitedJob[]; more: boolean }> {
  const jobs = await db
    .with(
      (cte) => cte('due').materialized(),
      (qb) =>
        qb
          .selectFrom('awaitedJobs')
          .select('id')
          .where('endedAt', 'is', null)
          .where('nextCheckAt', '<=', sql<Date>`now()`)
          .orderBy('nextCheckAt')
          .limit(BATCH)
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('awaitedJobs')
    .set({
      nextCheckAt: sql<Date>`now() + make_interval(secs => greatest(${SOONEST_SECONDS}, least(${LATEST_SECONDS},
        extract(epoch FROM now() - created_at) / 4)))`,
    })
    .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
    .returning(['id', 'heldEntryId', 'jobId', 'runId', 'createdAt'])
    .execute();
  return { jobs, more: jobs.length === BATCH };
}

/** Returns the time of the next check; undefined if no job is awaited. */
export async function nextLook(db: Db): Promise<Date | undefined> {
  const { at } = await db
    .selectFrom('awaitedJobs')
    .select(sql<Date | null>`min(next_check_at)`.as('at'))
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return at ?? undefined;
}

interface Located {
  id: number;
  jobId: string | null;
  entryId: number | null;
  outcome: string | null;
  runId: string | null;
  isDispatched: boolean;
  isDropped: boolean;
}

/**
 * Returns the place of each awaited job, by the id of the wait; of one whose start was replaced, that of the start which stands for it. A known
 * run stays known when its start is cleaned up.
 */
export async function locate(db: Db, jobs: readonly AwaitedJob[]): Promise<Map<number, Place>> {
  const places = new Map<number, Place>();
  for (const { id, jobId, runId } of jobs)
    if (jobId !== null && runId !== null) places.set(id, { kind: 'run', jobId, runId });
  const unknown = jobs.filter(({ id }) => !places.has(id)).map(({ id }) => id);
  if (unknown.length === 0) return places;
  // The newest start up to the entry. A start that was not made because the job existed has no run of its own: it comes last.
  const { rows } = await sql<Located>`
    SELECT awaited.id, coalesce(standing.job_id, awaited.job_id, start.job_id) AS job_id, start.id AS entry_id, start.outcome, start.run_id,
      start.dispatched_at IS NOT NULL AS is_dispatched, start.dropped_at IS NOT NULL AS is_dropped
    FROM awaited_jobs AS awaited
    LEFT JOIN outbox AS named ON named.id = awaited.up_to_entry_id
    LEFT JOIN LATERAL (
      SELECT entry.* FROM outbox AS entry
      WHERE entry.job_id = coalesce(awaited.job_id, named.job_id) AND entry.id <= awaited.up_to_entry_id
      ORDER BY entry.outcome IS NOT DISTINCT FROM 'exists', entry.id DESC LIMIT 1
    ) AS found ON true
    -- The start that stands for one that it has replaced, and may be that of another job.
    LEFT JOIN LATERAL (
      SELECT entry.id, entry.job_id FROM outbox AS entry
      WHERE found.outcome = 'replaced' AND entry.merge_id = found.merge_id AND entry.outcome IS DISTINCT FROM 'replaced'
      ORDER BY entry.outcome IS NOT DISTINCT FROM 'exists', entry.id DESC LIMIT 1
    ) AS standing ON true
    LEFT JOIN outbox AS start
      ON start.id = coalesce(standing.id, found.id, CASE WHEN awaited.job_id IS NULL THEN named.id END)
    WHERE awaited.id = ANY(${unknown})`.execute(db);
  for (const row of rows) {
    const place = placeOf(row);
    if (place) places.set(row.id, place);
  }
  const known = [...places].flatMap(([id, place]) => (place.kind === 'run' ? [{ id, ...place }] : []));
  await keepRuns(
    db,
    known.filter(({ id }) => unknown.includes(id)),
  );
  return places;
}

function placeOf({ jobId, entryId, outcome, runId, isDispatched, isDropped }: Located): Place | undefined {
  if (jobId !== null && runId !== null && (isDispatched || outcome === 'exists'))
    return { kind: 'run', jobId, runId };
  if (entryId !== null && isDropped) return { kind: 'unmade', entryId };
  if (entryId !== null && !isDispatched) return { kind: 'to-make' };
  return jobId === null ? undefined : { kind: 'no-start', jobId };
}

/** Records the runs that waits are for. Each wait is found by its id: to join the JSON, PostgreSQL may read all of them. */
export async function keepRuns(
  db: Db,
  runs: readonly { id: number; jobId: string; runId: string }[],
): Promise<void> {
  if (runs.length === 0) return;
  await sql`
    UPDATE awaited_jobs SET job_id = run."jobId", run_id = run."runId"
    FROM jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) AS run(id bigint, "jobId" text, "runId" text)
    WHERE awaited_jobs.id = ANY(${runs.map(({ id }) => id)}::bigint[]) AND awaited_jobs.id = run.id`.execute(
    db,
  );
}
