import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { idFault } from '../job-key.ts';
import { buryStart } from '../outbox/bury-start.ts';
import { entryColumns } from '../outbox/enqueue.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { StartRefusedError } from '../outbox/refused-start.ts';
import { isStillToMake } from '../outbox/still-to-make.ts';
import { definitionOf, type JobRegistry } from '../registry.ts';
import type { AwaitedJob } from './locate.ts';

/** During a rolling deployment, some processes do not know a type yet. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Turns held starts into dead starts whose wait can't end: for what is no job id, for a job of an unknown type, or for a job that waits for
 * this start itself.
 */
export async function buryEndlessWaits(deps: StartDeps, waits: readonly AwaitedJob[]): Promise<void> {
  const open = waits.filter(({ runId }) => runId === null);
  if (open.length === 0) return;
  for (const wait of open) {
    const fault = faultOf(deps.jobs, wait);
    if (fault !== undefined && wait.heldEntryId !== null) await bury(deps, wait.heldEntryId, fault);
  }
  const circular = await circularStarts(
    deps.db,
    open.map(({ id }) => id),
  );
  for (const { entryId, jobId } of circular)
    await bury(
      deps,
      entryId,
      `The start waits for the end of a job that waits for ${jobId}, which is this job.`,
    );
}

/** Returns why a start must not wait for a job, whatever else is committed; undefined if it may. */
function faultOf(jobs: JobRegistry, { jobId, createdAt }: AwaitedJob): string | undefined {
  if (jobId === null) return undefined;
  const fault = idFault(jobId);
  if (fault !== undefined) return `The id of the awaited job ${fault}.`;
  if (definitionOf(jobs, jobId) || createdAt.getTime() > Date.now() - PATIENCE_MS) return undefined;
  return `The awaited job ${jobId} is of no known type.`;
}

/**
 * Returns the starts behind these waits that wait for themselves, over any number of other held starts and groups. A wait for a job
 * without a start is for the job's next run.
 */
async function circularStarts(
  db: Db,
  waitIds: readonly number[],
): Promise<{ entryId: number; jobId: string }[]> {
  const { rows } = await sql<{ entryId: number; jobId: string }>`
    WITH RECURSIVE chain AS (
      SELECT first.id AS entry_id, first.job_id, awaited.id AS wait_id
      FROM awaited_jobs AS awaited
      LEFT JOIN job_groups ON job_groups.id = awaited.group_id
      JOIN outbox AS first ON first.id = coalesce(awaited.held_entry_id, completion_entry_id)
      WHERE awaited.id = ANY(${waitIds}) AND awaited.run_id IS NULL AND awaited.ended_at IS NULL
        AND first.is_held AND first.job_id IS NOT NULL AND first.dropped_at IS NULL AND first.withdrawn_at IS NULL
      UNION
      SELECT chain.entry_id, chain.job_id, further.id
      FROM chain
      JOIN awaited_jobs AS awaited ON awaited.id = chain.wait_id
      LEFT JOIN outbox AS named ON named.id = awaited.up_to_entry_id
      CROSS JOIN LATERAL (
        -- The newest start before the wait; otherwise the next run, which is that of a later start.
        SELECT entry.id, entry.is_held FROM outbox AS entry
        WHERE entry.job_id = coalesce(awaited.job_id, named.job_id) AND (entry.id <= awaited.up_to_entry_id
          OR (entry.dispatched_at IS NULL AND entry.dropped_at IS NULL AND entry.withdrawn_at IS NULL))
        ORDER BY entry.id > awaited.up_to_entry_id, entry.outcome IS NOT DISTINCT FROM 'exists',
          entry.id > awaited.up_to_entry_id AND entry.is_held,
          CASE WHEN entry.id > awaited.up_to_entry_id THEN entry.id ELSE -entry.id END
        LIMIT 1
      ) AS start
      JOIN awaited_jobs AS further ON further.held_entry_id = start.id
        OR further.group_id IN (SELECT id FROM job_groups WHERE completion_entry_id = start.id)
      -- Only the newest start of a circle is dead, which closes it.
      WHERE start.is_held AND start.id < chain.entry_id AND further.run_id IS NULL AND further.ended_at IS NULL
    )
    SELECT DISTINCT chain.entry_id, chain.job_id FROM chain JOIN awaited_jobs AS awaited ON awaited.id = chain.wait_id
    WHERE awaited.job_id = chain.job_id
      AND NOT EXISTS (
        SELECT FROM outbox AS entry WHERE entry.job_id = chain.job_id
          -- A start before the wait is what it waits for, and one that is not held ends the wait.
          AND (entry.id <= awaited.up_to_entry_id
            OR (NOT entry.is_held AND entry.dropped_at IS NULL AND entry.withdrawn_at IS NULL)))`.execute(db);
  return rows;
}

async function bury(deps: StartDeps, entryId: number, message: string): Promise<void> {
  const entry = await deps.db
    .selectFrom('outbox')
    .select(entryColumns)
    .where('id', '=', entryId)
    .where('isHeld', '=', true)
    .where(isStillToMake)
    .executeTakeFirst();
  if (entry) await buryStart(deps, entry, new StartRefusedError('invalid_after', message));
}
