import type { temporal } from '@temporalio/proto';

/** A recorded history of a run. */
export interface NamedHistory {
  /** What reports call it: the file, or `<workflow id>/<run id>`. */
  name: string;
  workflowId: string;
  history: temporal.api.history.v1.IHistory;
}

/** The workflow type of a history; undefined if its first event names none. */
export function typeOfHistory({ history }: NamedHistory): string | undefined {
  return history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? undefined;
}
