import proto from '@temporalio/proto';
import { atOf, type HistoryEvent } from '../../jobs/run-state/history.ts';
import { isCompletedTask } from './completed-tasks.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** Causes that a worker reports when its code throws, or does not replay. */
const failedByCode: ReadonlySet<unknown> = new Set([
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
]);

/** Whether the last event of a history ended its run. */
export function isClosed(events: readonly HistoryEvent[]): boolean {
  const last = events.at(-1);
  return !!(
    last?.workflowExecutionCompletedEventAttributes ??
    last?.workflowExecutionFailedEventAttributes ??
    last?.workflowExecutionTimedOutEventAttributes ??
    last?.workflowExecutionCanceledEventAttributes ??
    last?.workflowExecutionTerminatedEventAttributes ??
    last?.workflowExecutionContinuedAsNewEventAttributes
  );
}

/**
 * Returns since when the code of the workers that ran a workflow last has failed; undefined if it has succeeded since. The engine records the
 * first failure of a task, and not those of its further attempts.
 */
export function stuckSince(events: readonly HistoryEvent[]): Date | undefined {
  const last = events.findLast((event) => isCompletedTask(event) || event.workflowTaskFailedEventAttributes);
  return last && failedByCode.has(last.workflowTaskFailedEventAttributes?.cause) ? atOf(last) : undefined;
}
