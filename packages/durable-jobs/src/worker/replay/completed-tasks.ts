import type { HistoryEvent } from '../../jobs/run-state/history.ts';

/**
 * The events up to the last completed workflow task and the commands that it made. Later events have no outcome yet: a replay would execute
 * it, and an open history that ends there could fail for reasons that say nothing about the code. Of a history that was cut, the last task is
 * left out, because its commands may be incomplete.
 */
export function completedTasks(events: readonly HistoryEvent[], { isCut = false } = {}): HistoryEvent[] {
  const last = events.findLastIndex(isCompletedTask);
  if (isCut) return completedTasks(events.slice(0, Math.max(last, 0)));
  const completedId = String(events[last]?.eventId);
  let end = last + 1;
  while (end < events.length && isCommandOf(events[end], completedId)) end++;
  return events.slice(0, end);
}

/** Whether a run has completed a workflow task. */
export function isCompletedTask(event: HistoryEvent): boolean {
  return !!event.workflowTaskCompletedEventAttributes;
}

function isCommandOf(event: HistoryEvent | undefined, completedId: string): boolean {
  if (!event) return false;
  // The responses to updates are commands too, and do not name the task.
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return true;
  if (event.workflowExecutionUpdateCompletedEventAttributes) return true;
  if (event.workflowExecutionUpdateRejectedEventAttributes) return true;
  return Object.values(event).some(
    (attributes: unknown) =>
      typeof attributes === 'object' &&
      attributes !== null &&
      'workflowTaskCompletedEventId' in attributes &&
      String(attributes.workflowTaskCompletedEventId) === completedId,
  );
}
