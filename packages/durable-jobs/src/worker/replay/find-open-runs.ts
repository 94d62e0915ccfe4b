import type { Client } from '@temporalio/client';
import { INDEXED_OPEN } from '../../engine/run-status.ts';
import { Condition } from '../../engine/visibility-query.ts';
import { createPace } from '../../process/pace.ts';
import type { OpenRun } from './choose-sample.ts';
import { getsNextTask, type OwnVersion } from './next-task-of.ts';
import { listRuns, RUNS_PER_PAGE } from './list-runs.ts';
import { sampleByAge } from './sample-by-age.ts';

/** The engine permits a namespace ten lists and counts per second by default, and the console needs them too. */
export const LISTS_PER_SECOND = 3;

/** Where open runs are looked for. */
export interface OpenRunSearch {
  client: Client;
  /** The task queue of the workflows. */
  taskQueue: string;
  /** The workflow types that are known. Others are found too, except in a queue with very many open runs. */
  types: readonly string[];
  signal?: AbortSignal;
  /** The version of the worker; without one, all runs that are pinned to a version are left out. */
  own?: OwnVersion | undefined;
}

/** Open runs that a search has found so far. */
export interface FoundRuns {
  runs: readonly OpenRun[];
  /** Whether more follow: then these are the newest of all types, which others may crowd out, or those of one type. */
  hasMore: boolean;
}

/**
 * Finds open runs of every workflow type of a task queue: all of them, or first the newest, and then of each type at least `perType`, spread
 * from the newest to the oldest, without those whose next task goes to workers of another version. Unless `perType` is large, it searches a bounded number of times, whatever their number, and slowly. It ends
 * early when the signal aborts.
 */
export async function* findOpenRuns(
  { client, taskQueue, types, signal = new AbortController().signal, own }: OpenRunSearch,
  perType: number,
  { pageSize = RUNS_PER_PAGE } = {},
): AsyncIterable<FoundRuns> {
  const first = await listRuns(client, openRuns(taskQueue), pageSize);
  yield first;
  if (!first.hasMore) return;
  const pace = createPace(LISTS_PER_SECOND);
  // Otherwise, runs that are pinned elsewhere could crowd out the others of a type.
  const isVersioned = own !== undefined || first.runs.some(({ pinnedTo }) => pinnedTo !== undefined);
  const seen = first.runs.map(({ type }) => type);
  for (const type of new Set([...types, ...seen])) {
    const runs = await sampleByAge(async (startedBefore, count) => {
      await pace(signal);
      const older = startedBefore && Condition.compare('StartTime', '<=', startedBefore);
      const query = Condition.all([
        openRuns(taskQueue, type),
        ...(isVersioned ? [getsNextTask(own)] : []),
        ...(older ? [older] : []),
      ]);
      return listRuns(client, query, count);
    }, perType);
    yield { runs, hasMore: true };
  }
}

/** Returns the number of open runs of a task queue, or of one of its workflow types. */
export async function countOpenRuns(
  { client, taskQueue }: Pick<OpenRunSearch, 'client' | 'taskQueue'>,
  type?: string,
): Promise<number> {
  return (await client.workflow.count(openRuns(taskQueue, type).toString())).count;
}

function openRuns(taskQueue: string, type?: string): Condition {
  return Condition.all([
    Condition.isOneOf('TaskQueue', [taskQueue]),
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    ...(type === undefined ? [] : [Condition.isOneOf('WorkflowType', [type])]),
  ]);
}
