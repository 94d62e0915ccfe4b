import type { Client } from '@temporalio/client';
import { INDEXED_OPEN } from '../../engine/run-status.ts';
import { Condition } from '../../engine/visibility-query.ts';
import { inParallel } from '../../process/in-parallel.ts';
import type { OpenRun } from './choose-sample.ts';

/** If a queue has at most this many open runs, one call lists all of them. */
const PAGE = 1_000;

const DAY_MS = 86_400_000;

/** Ages at which runs of a type are looked for if there are more: a list begins with the newest, and cannot be read from its end. */
const AGES_MS = [DAY_MS / 144, DAY_MS / 24, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS, 365 * DAY_MS];
const PER_AGE = 3;

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
 * Finds open runs of every workflow type of a task queue: all of them, or the `newest` and some of each age. Searches a bounded number of
 * times, whatever their number.
 */
export async function findOpenRuns(
  { client, taskQueue, types }: OpenRunSearch,
  newest: number,
  { pageSize = PAGE } = {},
): Promise<OpenRun[]> {
  const open = Condition.all([
    Condition.isOneOf('TaskQueue', [taskQueue]),
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
  ]);
  const first = await readPage(client, open, pageSize);
  if (!first.hasMore) return first.runs;
  const seen = first.runs.map(({ type }) => type);
  const found = await inParallel([...new Set([...types, ...seen])], TYPES_AT_ONCE, (type) =>
    findOfType(client, Condition.all([open, Condition.isOneOf('WorkflowType', [type])]), newest),
  );
  return [...first.runs, ...found.flat()];
}

async function findOfType(client: Client, ofType: Condition, newest: number): Promise<OpenRun[]> {
  const { runs, hasMore } = await readPage(client, ofType, newest);
  if (!hasMore) return runs;
  const now = Date.now();
  for (const ageMs of AGES_MS) {
    const older = Condition.compare('StartTime', '<=', new Date(now - ageMs));
    const page = await readPage(client, Condition.all([ofType, older]), PER_AGE);
    runs.push(...page.runs);
    if (!page.hasMore) break;
  }
  return runs;
}

/** Reads the newest runs. Their memos, which may be encrypted, are left alone. */
async function readPage(
  client: Client,
  query: Condition,
  pageSize: number,
): Promise<{ runs: OpenRun[]; hasMore: boolean }> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: query.toString(),
    pageSize,
  });
  return {
    runs: executions.map(({ execution, type, startTime }) => ({
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
      type: type?.name ?? '',
      startedAt: Number(startTime?.seconds ?? 0) * 1_000,
    })),
    hasMore: nextPageToken.length > 0,
  };
}
