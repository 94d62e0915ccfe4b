import type { WorkflowExecutionDescription } from '@temporalio/client';

/** How a run ended; undefined for one that is open, or was continued by another. */
export function endedStatusOf({
  status,
}: Pick<WorkflowExecutionDescription, 'status'>):
  'completed' | 'failed' | 'cancelled' | 'terminated' | undefined {
  switch (status.name) {
    case 'COMPLETED':
      return 'completed';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    case 'CANCELLED':
      return 'cancelled';
    case 'TERMINATED':
      return 'terminated';
    default:
      return undefined;
  }
}
