import type { Client } from '@temporalio/client';
import { indexedPin } from '../../engine/deployments.ts';
import type { Condition } from '../../engine/visibility-query.ts';
import { toDate } from '../../jobs/run-state/history.ts';
import type { OpenRun } from './choose-sample.ts';

/** The engine lists at most this many runs in one response. */
export const RUNS_PER_PAGE = 1_000;

/** Runs of a list, which begins with the newest. */
export interface ListedRuns {
  runs: OpenRun[];
  /** Whether the list continues. */
  hasMore: boolean;
}

/** Lists the newest `count` runs that match a condition. Their memos, which may be encrypted, are left alone. */
export async function listRuns(
  client: Client,
  query: Condition,
  count: number,
  pageSize = RUNS_PER_PAGE,
): Promise<ListedRuns> {
  const runs: OpenRun[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query: query.toString(),
      pageSize: Math.min(count - runs.length, pageSize),
      ...(nextPageToken && { nextPageToken }),
    });
    for (const { execution, type, startTime, searchAttributes } of page.executions) {
      runs.push({
        workflowId: execution?.workflowId ?? '',
        runId: execution?.runId ?? '',
        type: type?.name ?? '',
        startedAt: toDate(startTime)?.getTime() ?? 0,
        pinnedTo: indexedPin(searchAttributes),
      });
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0 && runs.length < count);
  return { runs, hasMore: nextPageToken.length > 0 };
}
