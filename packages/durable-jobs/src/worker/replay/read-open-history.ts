import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { isNotFound } from '../../engine/not-found.ts';
import type { HistoryEvent } from '../../jobs/run-state/history.ts';
import type { OpenRun } from './choose-sample.ts';
import { completedTasks, isCompletedTask } from './completed-tasks.ts';
import { isClosed, stuckSince } from './end-of-history.ts';

const { History } = proto.temporal.api.history.v1;
const { VersioningBehavior } = proto.temporal.api.enums.v1;

/** Events that one response contains at most: each may hold megabytes. */
const EVENTS_PER_PAGE = 100;

/** How much of a history is read at most. */
export interface HistoryLimits {
  events: number;
  bytes: number;
}

/** The history of an open run. */
export interface OpenHistory {
  /** What the code must repeat: of a very long history, its beginning. */
  events: HistoryEvent[];
  /** Since when the code of the workers that ran it last has failed. */
  stuckSince: Date | undefined;
}

/**
 * Reads the history of a run as it is stored. Returns undefined if the code has nothing to repeat: the run no longer exists, has ended, has
 * not begun, or stays on the code that it started with.
 * @throws the error of the engine, or one that says that not even the first step of the history is within the limits.
 */
export async function readOpenHistory(
  client: Client,
  run: Pick<OpenRun, 'workflowId' | 'runId' | 'pinnedTo'>,
  limits: HistoryLimits,
): Promise<OpenHistory | undefined> {
  try {
    const { events, isCut } = await readBeginning(client, run, limits);
    const end = isCut ? await readEnd(client, run) : events;
    const completed = completedTasks(events, { isCut });
    // The index of runs has what an operator has set too, a moment later.
    const isElsewhere = run.pinnedTo === undefined && isPinned(completed);
    if (isClosed(end) || isElsewhere) return undefined;
    if (completed.length > 0) return { events: completed, stuckSince: stuckSince(end) };
    if (isCut) throw new Error(`its first ${events.length} events are too large to be replayed`);
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function readBeginning(
  client: Client,
  run: Pick<OpenRun, 'workflowId' | 'runId'>,
  limits: HistoryLimits,
): Promise<{ events: HistoryEvent[]; isCut: boolean }> {
  const events: HistoryEvent[] = [];
  let bytes = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: run.workflowId, runId: run.runId },
      maximumPageSize: EVENTS_PER_PAGE,
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    bytes += page.history ? History.encode(page.history).finish().length : 0;
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0 && events.length < limits.events && bytes < limits.bytes);
  return { events, isCut: nextPageToken.length > 0 };
}

/** The last events of a run, in their order. */
async function readEnd(client: Client, run: Pick<OpenRun, 'workflowId' | 'runId'>): Promise<HistoryEvent[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId: run.workflowId, runId: run.runId },
    maximumPageSize: EVENTS_PER_PAGE,
  });
  return (history?.events ?? []).toReversed();
}

/** Whether a run stays on the code that it started with. */
function isPinned(events: readonly HistoryEvent[]): boolean {
  const { versioningBehavior } = events.findLast(isCompletedTask)?.workflowTaskCompletedEventAttributes ?? {};
  return versioningBehavior === VersioningBehavior.VERSIONING_BEHAVIOR_PINNED;
}
