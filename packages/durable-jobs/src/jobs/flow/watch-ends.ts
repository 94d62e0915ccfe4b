import type { Db } from '../../database/connect.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { completeGroups } from './groups.ts';
import { checkHeldStarts, dropExpiredHeldStarts } from './held-starts.ts';
import { keepRuns, locate, nextLook, takeAwaited, type AwaitedJob, type Place } from './locate.ts';
import { readEnds, runAt } from './run-end.ts';
import { settle, type Ending } from './settle.ts';

/** What a pass over the jobs that others wait for came to. */
export interface EndsPass {
  /** Ends that it recorded, and groups that it completed. */
  settled: number;
  /** Whether more may be due at once. */
  more: boolean;
  /** When the next job is to be looked at. */
  nextAt: Date | undefined;
}

/** For how long a pass may ask the engine. */
const CALLS_TIMEOUT_MS = 30_000;

/**
 * One pass over the jobs that others wait for: finds those that have ended, by their starts' rows and by the engine, and makes or drops
 * what waited. Each end is recorded in one transaction with what follows from it, so passes may run concurrently, and end anywhere.
 * @throws the client's error if the engine does not respond.
 */
export async function watchEndsOnce(deps: StartDeps): Promise<EndsPass> {
  const { db, client } = deps;
  await dropExpiredHeldStarts(deps);
  await checkHeldStarts(deps);
  const { jobs, more } = await takeAwaited(db);
  const places = await locate(db, jobs);
  const endings = await client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, () =>
    readEndings(deps, jobs, places),
  );
  let settled = 0;
  for (const [id, ending] of endings) if (await settle(db, id, ending)) settled++;
  settled += await completeGroups(db);
  return { settled, more, nextAt: more ? undefined : await nextLook(db) };
}

/** How those of the awaited jobs ended that have, by the id of the wait. */
async function readEndings(
  deps: StartDeps,
  jobs: readonly AwaitedJob[],
  places: ReadonlyMap<number, Place>,
): Promise<Map<number, Ending>> {
  const endings = new Map<number, Ending>();
  const runs: { id: number; jobId: string; runId: string }[] = [];
  for (const { id, createdAt } of jobs) {
    const place = places.get(id);
    if (place?.kind === 'unmade') endings.set(id, { unmadeEntryId: place.entryId });
    else if (place?.kind === 'run') runs.push({ id, ...place });
    else if (place?.kind === 'no-start') {
      const runId = await runAt(deps.client, place.jobId, createdAt);
      if (runId !== undefined) runs.push({ id, jobId: place.jobId, runId });
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
  return endings;
}

/** The runs as they are, or that which an operator has started each of them again by. */
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
    // A retry whose run is not known yet is still to be made.
    return next === undefined ? [run] : next === null ? [] : [{ ...run, runId: next }];
  });
  const moved = followed.filter(({ runId }) => !runs.some((run) => run.runId === runId));
  if (moved.length === 0) return followed;
  await keepRuns(db, moved);
  return followRetries(db, followed);
}
