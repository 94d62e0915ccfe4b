/** What a round's histories contain that an invariant is about. */
export interface FoundHistory {
  jobId: string;
  /** Causes of failed workflow tasks. */
  failedTasks: readonly string[];
  /** How many attempts at each activity completed with success, by activity. */
  completed: ReadonlyMap<string, number>;
  /** Why it does not replay on the workflows that it was made with; null if it does. */
  replayFailure: string | null;
}

/** Causes for which a workflow's code is at fault. Others follow from a race that the engine resolves, or from an operator. */
const faultyCauses = ['NON_DETERMINISTIC_ERROR', 'WORKFLOW_WORKER_UNHANDLED_FAILURE'];

/** Activities that one run completes once at most. */
const onceActivities = ['fulfilOrder', 'sendWelcomeEmail'];

/** Histories: each replays, no workflow task failed by its code, and no run repeated a step that had completed. */
export function checkHistories(histories: readonly FoundHistory[]): string[] {
  return histories.flatMap(({ jobId, failedTasks, completed, replayFailure }) => [
    ...(replayFailure === null ? [] : [`the history of ${jobId} does not replay: ${replayFailure}`]),
    ...failedTasks
      .filter((cause) => faultyCauses.includes(cause))
      .map((cause) => `a workflow task of ${jobId} failed: ${cause}`),
    ...[...completed]
      .filter(([activity, times]) => onceActivities.includes(activity) && times > 1)
      .map(([activity, times]) => `${jobId} completed ${activity} ${times} times`),
  ]);
}
