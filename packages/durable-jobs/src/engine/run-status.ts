import type { WorkflowExecutionDescription } from '@temporalio/client';

/** The status of an ended run in our terms. */
export type EndedStatus = 'completed' | 'failed' | 'cancelled' | 'terminated';

/**
 * The engine's statuses of an ended run in descriptions, with their names in the index of runs and ours. A run that continued as new has
 * not ended for us.
 */
const ends: Record<string, { indexed: string; status: EndedStatus }> = {
  COMPLETED: { indexed: 'Completed', status: 'completed' },
  FAILED: { indexed: 'Failed', status: 'failed' },
  TIMED_OUT: { indexed: 'TimedOut', status: 'failed' },
  CANCELLED: { indexed: 'Canceled', status: 'cancelled' },
  TERMINATED: { indexed: 'Terminated', status: 'terminated' },
};

/** Name of an open run's status in the index of runs. */
export const INDEXED_OPEN = 'Running';

/** Whether a run has not ended. A run that the engine itself paused is open too. */
export function isOpen({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'RUNNING' || status.name === 'PAUSED';
}

/** Whether a run completed. */
export function isCompleted({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'COMPLETED';
}

/** Whether a run failed because it exceeded its time limit. */
export function isTimedOut({ status }: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return status.name === 'TIMED_OUT';
}

/** Returns how a run ended; undefined if it is open or continued as new. */
export function endedStatusOf({
  status,
}: Pick<WorkflowExecutionDescription, 'status'>): EndedStatus | undefined {
  return ends[status.name]?.status;
}

/** Returns the index's names of a status; without a status, of all ended ones. */
export function indexedAs(status?: EndedStatus): string[] {
  return Object.values(ends)
    .filter((end) => status === undefined || end.status === status)
    .map(({ indexed }) => indexed);
}

/** Returns how a run ended from its status in the index; undefined if it is open or continued as new. */
export function endedStatusOfIndexed(indexed: string): EndedStatus | undefined {
  return Object.values(ends).find((end) => end.indexed === indexed)?.status;
}

/** Whether a status is that of an ended run. */
export function isEnded(status: string | undefined): status is EndedStatus {
  return Object.values(ends).some((end) => end.status === status);
}
