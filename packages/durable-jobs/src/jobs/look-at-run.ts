import { LRUCache } from 'lru-cache';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { isRetrying } from './run-state/pending-activity.ts';
import { summariseHistory, toError, type AttemptError, type HistorySummary } from './run-state/history.ts';
import { isOpen } from '../engine/run-status.ts';
import type { JobRegistry } from './registry.ts';
import { startToCome, statusOf, type JobStatus } from './job-view.ts';

/** The current state of a run for a list. */
export interface RunNow {
  description: WorkflowExecutionDescription;
  status: JobStatus;
  /** When a `scheduled` one begins. */
  startsAt: Date | undefined;
  /** What the last attempt of a `retrying` one failed with. */
  lastError: AttemptError | undefined;
}

/** What a list uses of the history of an open run, and the number of its events. */
interface ReadHistory extends Pick<HistorySummary, 'begun' | 'postponedTo' | 'heldBack' | 'timers'> {
  length: number;
}

/** Histories of open runs by run id. A history only grows, so it is the same as long as it has as many events. */
const readHistories = new LRUCache<string, ReadHistory>({ max: 2_000 });

/**
 * Reads a run for a list, with the same state as in its own view; undefined if it is gone or not one of our jobs. Its history is read only
 * if nothing else shows what it waits for, and it has grown since it was read.
 */
export async function lookAtRun(
  { client, jobs }: { client: Client; jobs: JobRegistry },
  id: string,
  runId: string,
): Promise<RunNow | undefined> {
  const run = client.workflow.getHandle(id, runId);
  try {
    const description = await run.describe();
    if (!jobs.has(description.type)) return undefined;
    const pending = description.raw.pendingActivities ?? [];
    // The first event of a run is its start: until there are others, it has not begun.
    const isTold = !isOpen(description) || pending.length > 0 || description.historyLength === 1;
    const summary = isTold ? summariseHistory([]) : await readHistory(client, description);
    const status = statusOf(description, summary);
    const failed = pending.find(isRetrying);
    return {
      description,
      status,
      startsAt: status === 'scheduled' ? startToCome(description, summary) : undefined,
      lastError: status === 'retrying' ? (toError(failed?.lastFailure) ?? undefined) : undefined,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function readHistory(
  client: Client,
  { workflowId, runId, historyLength }: WorkflowExecutionDescription,
): Promise<ReadHistory> {
  const known = readHistories.get(runId);
  if (known?.length === historyLength) return known;
  const { events = [] } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const { begun, postponedTo, heldBack, timers } = summariseHistory(events ?? []);
  const read = { length: events?.length ?? 0, begun, postponedTo, heldBack, timers };
  // More events are ones that were added since, or that the engine shows of a workflow task in progress and does not store.
  if (read.length === historyLength) readHistories.set(runId, read);
  return read;
}
