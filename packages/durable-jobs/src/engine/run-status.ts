import type { WorkflowExecutionDescription } from '@temporalio/client';

/** How a run ended, as we say it. */
export type EndedStatus = 'completed' | 'failed' | 'cancelled' | 'terminated';

/**
 * The engine's statuses of a run that ended, as descriptions name them, with what the index of runs calls them and with ours.
 * A run that was continued by another has not ended for us.
 */
const ends: Record<string, { indexed: string; status: EndedStatus }> = {
  COMPLETED: { indexed: 'Completed', status: 'completed' },
  FAILED: { indexed: 'Failed', status: 'failed' },
  TIMED_OUT: { indexed: 'TimedOut', status: 'failed' },
  CANCELLED: { indexed: 'Canceled', status: 'cancelled' },
  TERMINATED: { indexed: 'Terminated', status: 'terminated' },
};

/** What the index of runs calls a run that is open. */
export const INDEXED_OPEN = 'Running';

/** Whether a run has not ended. The engine's own pause of a run is a state of an open one. */
export function isOpen({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'RUNNING' || status.name === 'PAUSED';
}

/** Whether a run completed, rather than ended in another way. */
export function isCompleted({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'COMPLETED';
}

/** Whether a run failed because it exceeded its time limit. */
export function isTimedOut({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'TIMED_OUT';
}

/** Returns how a run ended; undefined for one that is open, or was continued by another. */
export function endedStatusOf({
  status,
}: Pick<WorkflowExecutionDescription, 'status'>): EndedStatus | undefined {
  return ends[status.name]?.status;
}

/** Returns what the index of runs calls the runs that ended so; without a status, all that ended. */
export function indexedAs(status?: EndedStatus): string[] {
  return Object.values(ends)
    .filter((end) => status === undefined || end.status === status)
    .map(({ indexed }) => indexed);
}

/** Returns how a run ended by what the index of runs calls it; undefined for one that is open, or was continued. */
export function endedStatusOfIndexed(indexed: string): EndedStatus | undefined {
  return Object.values(ends).find((end) => end.indexed === indexed)?.status;
}

/** Whether one of our statuses is that of a run that has ended. */
export function isEnded(status: string | undefined): status is EndedStatus {
  return Object.values(ends).some((end) => end.status === status);
}
