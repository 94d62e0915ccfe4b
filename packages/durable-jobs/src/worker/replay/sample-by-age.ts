import type { OpenRun } from './choose-sample.ts';
import type { ListedRuns } from './list-runs.ts';

/** Lists the newest `count` runs of a type that started at or before a time; without a time, the newest of all. */
export type ListOfType = (startedBefore: Date | undefined, count: number) => Promise<ListedRuns>;

/** Ages at which runs are read, the newest and the oldest included. */
const AGES = 4;

/** Searches for the oldest run: the last one leaves a third of its age. */
const SEARCHES = 6;

/** No run is older. */
const OLDEST_MS = 20 * 365 * 86_400_000;

/**
 * Returns all runs of a type, or at least `count` of many: the newest, the oldest, and some at even intervals of time between them. A list
 * begins with the newest and cannot be read from its end, so it is searched a bounded number of times.
 */
export async function sampleByAge(list: ListOfType, count: number, now = Date.now()): Promise<OpenRun[]> {
  const { runs: newest, hasMore } = await list(undefined, count);
  const newestAt = newest[0]?.startedAt;
  const lastAt = newest.at(-1)?.startedAt;
  if (!hasMore || newestAt === undefined || lastAt === undefined) return newest;
  const perAge = Math.ceil(count / AGES);
  const oldest = await listOldest(list, perAge, { now, newerThan: lastAt });
  const oldestAt = oldest.at(-1)?.startedAt ?? lastAt;
  const sample = [...newest.slice(0, perAge), ...oldest];
  for (let age = 1; age < AGES - 1; age++) {
    const at = newestAt - (age / (AGES - 1)) * (newestAt - oldestAt);
    sample.push(...(await list(new Date(at), perAge)).runs);
  }
  const distinct = new Map(sample.map((run) => [run.runId, run]));
  for (const run of newest) if (distinct.size < count) distinct.set(run.runId, run);
  return [...distinct.values()];
}

/** Halves the interval of ages, on a logarithmic scale, until a list from there on ends within `count` runs. */
async function listOldest(
  list: ListOfType,
  count: number,
  { now, newerThan }: { now: number; newerThan: number },
): Promise<OpenRun[]> {
  let found: OpenRun[] = [];
  let tooNew = Math.max(1, now - newerThan);
  let tooOld = OLDEST_MS;
  for (let search = 0; search < SEARCHES; search++) {
    const age = Math.sqrt(tooNew * tooOld);
    const { runs, hasMore } = await list(new Date(now - age), count);
    if (runs.length === 0) {
      tooOld = age;
      continue;
    }
    found = runs;
    if (!hasMore) break;
    tooNew = age;
  }
  return found;
}
