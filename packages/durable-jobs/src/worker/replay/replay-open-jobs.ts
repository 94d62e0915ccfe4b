import { isEngineUnavailable } from '../../engine/client.ts';
import { errorMessage } from '../../process/errors.ts';
import { inParallel } from '../../process/in-parallel.ts';
import { chooseSample, type OpenRun } from './choose-sample.ts';
import { findOpenRuns, type OpenRunSearch } from './find-open-runs.ts';
import type { NamedHistory } from './named-history.ts';
import { getsNextTaskOf } from './next-task-of.ts';
import { readOpenHistory, type HistoryLimits, type OpenHistory } from './read-open-history.ts';
import { replayEach, type ReplayedHistory, type ReplayOn } from './replay-each.ts';

/** A worker does not hold much more in memory for a history that it runs. */
const LIMITS: HistoryLimits = { events: 5_000, bytes: 8 * 1_024 * 1_024 };

const READ_AT_ONCE = 4;

/** Jobs that are read for each one that is replayed, at most: some have not begun, or have ended meanwhile. */
const CANDIDATES = 3;

/** Which open jobs are replayed, and on what code. */
export interface OpenReplay extends OpenRunSearch, ReplayOn {
  /** Maximum number of jobs of each type. */
  perType: number;
  /** Maximum number of all jobs. */
  most: number;
  /** When it ends early, in milliseconds since the epoch. */
  deadline?: number;
  signal?: AbortSignal;
  /** How much of a history is replayed at most. */
  limits?: HistoryLimits;
}

/** How the replay of an open job ended. */
export interface ReplayedJob extends OpenRun, Pick<ReplayedHistory, 'failure'> {
  /** Since when the code of the workers that ran it last has failed; undefined if it has not. */
  stuckSince: Date | undefined;
}

/**
 * Replays a sample of the open runs of each workflow type, and yields how each replay ended. Runs that end meanwhile, have not begun, or
 * stay on another version are left out. One whose history cannot be read is reported with a failure of the kind `internal`.
 * @throws the error of the engine if it is unavailable or cannot list the runs.
 */
export async function* replayOpenJobs(options: OpenReplay): AsyncIterable<ReplayedJob> {
  const underWay: Omit<ReplayedJob, 'failure'>[] = [];
  const unread: ReplayedJob[] = [];
  async function* histories(): AsyncGenerator<NamedHistory, undefined> {
    for await (const { run, history } of readHistories(options)) {
      if (history instanceof Error) {
        const message = `its history could not be read: ${errorMessage(history)}`;
        unread.push({ ...run, stuckSince: undefined, failure: { kind: 'internal', message } });
        continue;
      }
      const { events, stuckSince } = history;
      underWay.push({ ...run, stuckSince });
      yield { name: `${run.workflowId}/${run.runId}`, workflowId: run.workflowId, history: { events } };
    }
  }
  const source = histories();
  const first = await source.next();
  // Without a history, the code is not even loaded.
  if (first.value) {
    for await (const { failure } of replayEach(options, startingWith(first.value, source))) {
      const next = underWay.shift();
      if (next) yield { ...next, failure };
    }
  }
  yield* unread;
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncIterable<T> {
  yield first;
  yield* rest;
}

interface ReadRun {
  run: OpenRun;
  /** An error if it could not be read. */
  history: OpenHistory | Error;
}

/** Reads the histories of the sample as its runs are found, so that a search that takes too long has checked some. */
async function* readHistories(options: OpenReplay): AsyncIterable<ReadRun> {
  const { perType, most, deadline = Infinity, signal } = options;
  const isOver = (): boolean => Date.now() >= deadline || signal?.aborted === true;
  const ofType = new Map<string, number>();
  const tried = new Set<string>();
  let total = 0;
  for await (const { runs: found, hasMore } of findOpenRuns(options, CANDIDATES * perType)) {
    // The newest of all types leave room for older ones.
    const share = hasMore && tried.size === 0 ? 0.5 : 1;
    const isWanted = ({ type }: OpenRun): boolean => {
      const count = ofType.get(type) ?? 0;
      return count === 0 || (count < share * perType && total < share * most);
    };
    const left = found.filter((run) => !tried.has(run.runId) && getsNextTaskOf(run, options.own));
    const runs = chooseSample(left, CANDIDATES * perType, CANDIDATES * most);
    for (let from = 0; from < runs.length && !isOver(); from += READ_AT_ONCE) {
      const wanted = runs.slice(from, from + READ_AT_ONCE).filter(isWanted);
      for (const { runId } of wanted) tried.add(runId);
      for (const read of await inParallel(wanted, READ_AT_ONCE, (run) => readRun(options, run))) {
        if (isOver()) return;
        if (!read || !isWanted(read.run)) continue;
        ofType.set(read.run.type, (ofType.get(read.run.type) ?? 0) + 1);
        total += 1;
        yield read;
      }
    }
    if (isOver()) return;
  }
}

/** Reads the history of a run; undefined if there is nothing to replay. @throws if the engine is unavailable. */
async function readRun(
  { client, limits = LIMITS }: Pick<OpenReplay, 'client' | 'limits'>,
  run: OpenRun,
): Promise<ReadRun | undefined> {
  try {
    const history = await readOpenHistory(client, run, limits);
    return history && { run, history };
  } catch (error) {
    if (isEngineUnavailable(error) || !(error instanceof Error)) throw error;
    return { run, history: error };
  }
}
