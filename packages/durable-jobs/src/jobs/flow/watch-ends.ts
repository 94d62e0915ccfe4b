import type { Db } from '../../database/connect.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { buryEndlessWaits } from './endless-waits.ts';
import { completeGroups } from './groups.ts';
import { checkHeldStarts, dropExpiredHeldStarts } from './held-starts.ts';
import { keepRuns, locate, nextLook, takeAwaited, type AwaitedJob, type Place } from './locate.ts';
import { readEnds, runAt } from './run-end.ts';
import { settle, type Ending } from './settle.ts';

/** The result of a pass over awaited jobs. */
export interface EndsPass {
  /** Number of recorded ends and completed groups. */
  settled: number;
  /** Whether more may be due immediately. */
  more: boolean;
  /** When the next check is due. */
  nextAt: Date | undefined;
}

/** Time limit of a pass's calls to the engine. */
const CALLS_TIMEOUT_MS = 30_000;

/**
 * Makes one pass over awaited jobs: finds those that have ended, from their starts' rows and the engine, and releases or drops the starts
 * that waited. Each end is recorded in one transaction with its consequences, so passes may run concurrently and be interrupted anywhere.
 * @throws the client's error if the engine does not respond.
 */
export async function watchEndsOnce(deps: StartDeps): Promise<EndsPass> {
  const { db, client, logger } = deps;
  await dropExpiredHeldStarts(deps);
  await checkHeldStarts(deps);
  const { jobs, more } = await takeAwaited(db);
  const places = await locate(db, jobs);
  const { endings, unstarted } = await client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, () =>
    readEndings(deps, jobs, places),
  );
  let settled = 0;
  for (const [id, ending] of endings) if (await settle(db, id, ending)) settled++;
  settled += await completeGroups(db);
  try {
    await buryEndlessWaits(deps, unstarted);
  } catch (error) {
    // The waits stay, and are searched again at their next checks.
    logger.error({ err: error }, 'could not search for waits that cannot end');
  }
  return { settled, more, nextAt: more ? undefined : await nextLook(db) };
}

/**
 * Returns how awaited jobs ended, by the id of the wait; jobs that have not ended are absent. `unstarted` are the waits for jobs that have
 * neither a start nor a run.
 */
async function readEndings(
  deps: StartDeps,
  jobs: readonly AwaitedJob[],
  places: ReadonlyMap<number, Place>,
): Promise<{ endings: Map<number, Ending>; unstarted: AwaitedJob[] }> {
  const endings = new Map<number, Ending>();
  const unstarted: AwaitedJob[] = [];
  const runs: { id: number; jobId: string; runId: string }[] = [];
  for (const job of jobs) {
    const { id, createdAt } = job;
    const place = places.get(id);
    if (place?.kind === 'unmade') endings.set(id, { unmadeEntryId: place.entryId });
    else if (place?.kind === 'run') runs.push({ id, ...place });
    else if (place?.kind === 'no-start') {
      const runId = await runAt(deps.client, place.jobId, createdAt);
      if (runId === undefined) unstarted.push(job);
      else runs.push({ id, jobId: place.jobId, runId });
    }
  }
  await keepRuns(
    deps.db,
    runs.filter(({ id }) => places.get(id)?.kind === 'no-start'),
  );
  const followed = await followRetries(deps.db, runs);
  const ends = await readEnds(deps.client, followed);
  for (const { id, jobId, runId } of followed) {
    const end = ends.get(runId);
    if (end) endings.set(id, { end: end.status, jobId, runId: end.runId });
  }
  return { endings, unstarted };
}

/** Replaces each run by its retry, if an operator has retried it. */
async function followRetries(
  db: Db,
  runs: readonly { id: number; jobId: string; runId: string }[],
): Promise<{ id: number; jobId: string; runId: string }[]> {
  if (runs.length === 0) return [];
  const retries = await db
    .selectFrom('jobRetries')
    .select(['runId', 'newRunId'])
    .where(
      'runId',
      'in',
      runs.map(({ runId }) => runId),
    )
    .execute();
  const retriedBy = new Map(retries.map(({ runId, newRunId }) => [runId, newRunId]));
  const followed = runs.flatMap((run) => {
    const next = retriedBy.get(run.runId);
    // A retry whose run is not known yet has not been started.
    return next === undefined ? [run] : next === null ? [] : [{ ...run, runId: next }];
  });
  const moved = followed.filter(({ runId }) => !runs.some((run) => run.runId === runId));
  if (moved.length === 0) return followed;
  await keepRuns(db, moved);
  return followRetries(db, followed);
}
