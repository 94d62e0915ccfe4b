import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { isNotFound } from '../../engine/not-found.ts';
import type { HistoryEvent } from '../../jobs/run-state/history.ts';
import type { OpenRun } from './choose-sample.ts';

const { History } = proto.temporal.api.history.v1;

const EVENTS_PER_PAGE = 500;

/** How much of a history is read at most. */
export interface HistoryLimits {
  events: number;
  bytes: number;
}

/**
 * Reads the history of a run as it is stored. Of a longer one, returns the beginning, which ends with a workflow task in progress as that
 * of an open run may. Returns undefined if the run no longer exists.
 */
export async function readOpenHistory(
  client: Client,
  { workflowId, runId }: OpenRun,
  limits: HistoryLimits,
): Promise<HistoryEvent[] | undefined> {
  const events: HistoryEvent[] = [];
  let bytes = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await readPage(client, { workflowId, runId }, nextPageToken);
    if (!page) return undefined;
    events.push(...(page.history?.events ?? []));
    bytes += page.history ? History.encode(page.history).finish().length : 0;
    nextPageToken = page.nextPageToken;
    if (nextPageToken.length > 0 && (events.length >= limits.events || bytes >= limits.bytes)) {
      return upToLastTask(events);
    }
  } while (nextPageToken.length > 0);
  return events;
}

/** The events before the last completed workflow task, so that all commands of the tasks before it are among them. */
export function upToLastTask(events: readonly HistoryEvent[]): HistoryEvent[] {
  const last = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  return events.slice(0, Math.max(last, 0));
}

async function readPage(
  client: Client,
  { workflowId, runId }: Pick<OpenRun, 'workflowId' | 'runId'>,
  nextPageToken: Uint8Array | undefined,
) {
  try {
    return await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: EVENTS_PER_PAGE,
      ...(nextPageToken && { nextPageToken }),
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
