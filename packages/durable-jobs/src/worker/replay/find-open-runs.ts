import type { Client } from '@temporalio/client';
import { INDEXED_OPEN } from '../../engine/run-status.ts';
import { Condition } from '../../engine/visibility-query.ts';
import { inParallel } from '../../process/in-parallel.ts';
import type { OpenRun } from './choose-sample.ts';
import { listRuns, RUNS_PER_PAGE } from './list-runs.ts';
import { sampleByAge } from './sample-by-age.ts';

const TYPES_AT_ONCE = 4;

/** Where open runs are looked for. */
export interface OpenRunSearch {
  client: Client;
  /** The task queue of the workflows. */
  taskQueue: string;
  /** The workflow types that are known. Others are found too, except in a queue with very many open runs. */
  types: readonly string[];
}

/**
 * Finds open runs of every workflow type of a task queue: all of them, or of a type with many at least `perType`, spread from the newest to
 * the oldest. Unless `perType` is large, it searches a bounded number of times, whatever their number.
 */
export async function findOpenRuns(
  { client, taskQueue, types }: OpenRunSearch,
  perType: number,
  { pageSize = RUNS_PER_PAGE } = {},
): Promise<OpenRun[]> {
  const first = await listRuns(client, openRuns(taskQueue), pageSize);
  if (!first.hasMore) return first.runs;
  // Its runs are the newest, and would crowd out the others.
  const seen = first.runs.map(({ type }) => type);
  const found = await inParallel([...new Set([...types, ...seen])], TYPES_AT_ONCE, (type) =>
    sampleByAge((startedBefore, count) => {
      const older = startedBefore && Condition.compare('StartTime', '<=', startedBefore);
      const query = Condition.all([openRuns(taskQueue, type), ...(older ? [older] : [])]);
      return listRuns(client, query, count);
    }, perType),
  );
  return found.flat();
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
