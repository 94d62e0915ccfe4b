import proto from '@temporalio/proto';
import type { HistoryEvent } from '../../jobs/run-state/history.ts';
import { inParallel } from '../../process/in-parallel.ts';
import { chooseSample, type OpenRun } from './choose-sample.ts';
import { findOpenRuns, type OpenRunSearch } from './find-open-runs.ts';
import type { NamedHistory } from './named-history.ts';
import { readOpenHistory, type HistoryLimits } from './read-open-history.ts';
import { replayEach, type ReplayedHistory, type ReplayOn } from './replay-each.ts';

const { VersioningBehavior, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** Causes that a worker reports when its code throws, or does not replay. */
const failedByCode: ReadonlySet<unknown> = new Set([
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
]);

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
}

/** How the replay of an open job ended. */
export interface ReplayedJob extends OpenRun, Pick<ReplayedHistory, 'failure'> {
  /** Whether the code of the workers that run now fails as well: its last workflow task has failed. */
  isStuck: boolean;
}

/**
 * Replays a sample of the open runs of each workflow type, and yields how each replay ended. Runs that end meanwhile, have not begun, or
 * stay on the code that they started with are left out.
 * @throws the error of the engine if it cannot list them, or return a history.
 */
export async function* replayOpenJobs(options: OpenReplay): AsyncIterable<ReplayedJob> {
  const { perType, most } = options;
  const found = await findOpenRuns(options, CANDIDATES * perType);
  const runs = chooseSample(found, CANDIDATES * perType, CANDIDATES * most);
  const underWay: { run: OpenRun; isStuck: boolean }[] = [];
  async function* histories(): AsyncIterable<NamedHistory> {
    for await (const { run, events } of readHistories(options, runs)) {
      underWay.push({ run, isStuck: isStuck(events) });
      const { workflowId, runId } = run;
      yield { name: `${workflowId}/${runId}`, workflowId, history: { events } };
    }
  }
  if (runs.length === 0) return;
  for await (const { failure } of replayEach(options, histories())) {
    const next = underWay.shift();
    if (next) yield { ...next.run, failure, isStuck: next.isStuck };
  }
}

async function* readHistories(
  { client, perType, most, deadline = Infinity, signal }: OpenReplay,
  runs: readonly OpenRun[],
): AsyncIterable<{ run: OpenRun; events: HistoryEvent[] }> {
  const isOver = (): boolean => Date.now() >= deadline || signal?.aborted === true;
  const ofType = new Map<string, number>();
  let total = 0;
  const isWanted = ({ type }: OpenRun): boolean => total < most && (ofType.get(type) ?? 0) < perType;
  for (let from = 0; from < runs.length && !isOver(); from += READ_AT_ONCE) {
    const wanted = runs.slice(from, from + READ_AT_ONCE).filter(isWanted);
    const read = await inParallel(wanted, READ_AT_ONCE, async (run) => ({
      run,
      events: await readOpenHistory(client, run, LIMITS),
    }));
    for (const { run, events } of read) {
      if (isOver()) return;
      if (!events || !isReplayed(events) || !isWanted(run)) continue;
      ofType.set(run.type, (ofType.get(run.type) ?? 0) + 1);
      total += 1;
      yield { run, events };
    }
  }
}

/** Whether a run has made a decision that the code must repeat: it has begun, and does not stay on the code that it started with. */
export function isReplayed(events: readonly HistoryEvent[]): boolean {
  const decided = events.findLast((event) => event.workflowTaskCompletedEventAttributes);
  const { versioningBehavior } = decided?.workflowTaskCompletedEventAttributes ?? {};
  return decided !== undefined && versioningBehavior !== VersioningBehavior.VERSIONING_BEHAVIOR_PINNED;
}

/** Whether the code that ran a workflow last has failed, and none has succeeded since. */
export function isStuck(events: readonly HistoryEvent[]): boolean {
  const last = events.findLast(
    (event) => event.workflowTaskCompletedEventAttributes ?? event.workflowTaskFailedEventAttributes,
  );
  return failedByCode.has(last?.workflowTaskFailedEventAttributes?.cause);
}
