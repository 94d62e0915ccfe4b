import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { idFault } from '../job-key.ts';
import { buryStart } from '../outbox/bury-start.ts';
import { entryColumns } from '../outbox/enqueue.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { StartRefusedError } from '../outbox/refused-start.ts';
import { isStillToMake } from '../outbox/still-to-make.ts';
import { definitionOf, type JobRegistry } from '../registry.ts';
import { circlesOf, newestOf, type WaitsFor } from './circles.ts';
import type { AwaitedJob } from './locate.ts';
import { runAt } from './run-end.ts';

/** During a rolling deployment, some processes do not know a type yet. */
const PATIENCE_MS = 15 * 60_000;

/** Time limit of the calls to the engine about one circle. */
const CALLS_TIMEOUT_MS = 30_000;

/**
 * Turns held starts into dead starts whose wait can't end: for what is no job id, for a job of an unknown type, or for a job that waits for
 * this start itself. The waits must be for jobs that have neither a start before the wait nor a run. Each circle has such a wait, because
 * a wait for an earlier start leads to an older entry.
 */
export async function buryEndlessWaits(deps: StartDeps, waits: readonly AwaitedJob[]): Promise<void> {
  if (waits.length === 0) return;
  for (const wait of waits) {
    const fault = faultOf(deps.jobs, wait);
    if (fault !== undefined && wait.heldEntryId !== null) await bury(deps, wait.heldEntryId, () => fault);
  }
  const known = waits.map(({ id }) => id);
  const behind = await waitsBehind(deps.db, known);
  for (const circle of circlesOf(behind)) {
    if (await hasRun(deps, behind, circle, known)) continue;
    await bury(
      deps,
      newestOf(circle),
      (jobId) => `The start waits for the end of a job that waits for ${jobId ?? 'it'}, which is this job.`,
    );
  }
}

/**
 * Whether a wait of a circle is for a run that the engine has: no start is left of it, and the wait is still to be checked.
 * @throws the client's error if the engine does not respond.
 */
async function hasRun(
  { client }: StartDeps,
  behind: readonly WaitBehind[],
  circle: readonly number[],
  known: readonly number[],
): Promise<boolean> {
  const [starts, unstarted] = [new Set(circle), new Set(known)];
  const unchecked = behind.filter(
    ({ from, to, isForLater, waitId }) =>
      isForLater && starts.has(from) && starts.has(to) && !unstarted.has(waitId),
  );
  return client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, async () => {
    for (const { jobId, createdAt } of unchecked)
      if ((await runAt(client, jobId, createdAt)) !== undefined) return true;
    return false;
  });
}

/** Returns why a start must not wait for a job, whatever else is committed; undefined if it may. */
function faultOf(jobs: JobRegistry, { jobId, createdAt }: AwaitedJob): string | undefined {
  if (jobId === null) return undefined;
  const fault = idFault(jobId);
  if (fault !== undefined) return `The id of the awaited job ${fault}.`;
  if (definitionOf(jobs, jobId) || createdAt.getTime() > Date.now() - PATIENCE_MS) return undefined;
  return `The awaited job ${jobId} is of no known type.`;
}

/** The held start that a row of `awaited_jobs` waits for. A wait for a job without a start is for the job's next run. */
const heldTarget = sql`(
  SELECT found.id, found.job_id FROM (
    -- The newest start before the wait; otherwise the next run, which is that of a later start.
    SELECT entry.id, entry.job_id, entry.is_held AND entry.dropped_at IS NULL AND entry.withdrawn_at IS NULL AS is_waiting
    FROM outbox AS entry
    WHERE entry.job_id = coalesce(awaited.job_id,
        (SELECT named.job_id FROM outbox AS named WHERE named.id = awaited.up_to_entry_id))
      AND (entry.id <= awaited.up_to_entry_id OR (entry.dropped_at IS NULL AND entry.withdrawn_at IS NULL))
    ORDER BY entry.id > awaited.up_to_entry_id, entry.outcome IS NOT DISTINCT FROM 'exists',
      entry.id > awaited.up_to_entry_id AND entry.is_held,
      CASE WHEN entry.id > awaited.up_to_entry_id THEN entry.id ELSE -entry.id END
    LIMIT 1
  ) AS found WHERE found.is_waiting
)`;

/** The waits of a start itself, or of the group that it completes. */
const waitsOfStart = sql`(
  SELECT own.* FROM awaited_jobs AS own WHERE own.held_entry_id = start.id AND own.run_id IS NULL AND own.ended_at IS NULL
  UNION ALL
  SELECT member.* FROM job_groups JOIN awaited_jobs AS member ON member.group_id = job_groups.id
  WHERE job_groups.completion_entry_id = start.id AND member.run_id IS NULL AND member.ended_at IS NULL
)`;

/** A wait of a held start for another. */
interface WaitBehind extends WaitsFor {
  waitId: number;
  /** The id of the job whose start `to` is. */
  jobId: string;
  createdAt: Date;
  /** Whether the job had no start before the wait. */
  isForLater: boolean;
}

/** Returns which held starts wait for which, for all starts behind these waits. Each start is looked at once. */
async function waitsBehind(db: Db, waitIds: readonly number[]): Promise<WaitBehind[]> {
  const { rows } = await sql<WaitBehind>`
    WITH RECURSIVE start AS (
      SELECT target.id FROM awaited_jobs AS awaited CROSS JOIN LATERAL ${heldTarget} AS target
      WHERE awaited.id = ANY(${waitIds}) AND awaited.run_id IS NULL AND awaited.ended_at IS NULL
      UNION
      SELECT target.id FROM start CROSS JOIN LATERAL ${waitsOfStart} AS awaited CROSS JOIN LATERAL ${heldTarget} AS target
    )
    SELECT start.id AS "from", target.id AS "to", target.job_id, awaited.id AS wait_id, awaited.created_at,
      target.id > awaited.up_to_entry_id AS is_for_later
    FROM start CROSS JOIN LATERAL ${waitsOfStart} AS awaited CROSS JOIN LATERAL ${heldTarget} AS target`.execute(
    db,
  );
  return rows;
}

async function bury(
  deps: StartDeps,
  entryId: number,
  messageOf: (jobId: string | null) => string,
): Promise<void> {
  const entry = await deps.db
    .selectFrom('outbox')
    .select(entryColumns)
    .where('id', '=', entryId)
    .where('isHeld', '=', true)
    .where(isStillToMake)
    .executeTakeFirst();
  if (entry) await buryStart(deps, entry, new StartRefusedError('invalid_after', messageOf(entry.jobId)));
}
