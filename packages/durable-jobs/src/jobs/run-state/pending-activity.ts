import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';

const { PendingActivityState: EngineState } = proto.temporal.api.enums.v1;

/** An activity of a run that has not ended, as the engine describes it. */
export type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/**
 * What an activity that has not ended is doing:
 * - `queued`: its attempt is due and waits for a worker.
 * - `backing-off`: it waits for the time of its next attempt.
 * - `running`: a worker runs its attempt.
 * - `pausing`: a worker runs its attempt; no other follows until it is resumed.
 * - `paused`: no attempt begins until it is resumed.
 * - `cancelling`: a worker runs its attempt, and the workflow requested its cancellation; no other attempt follows.
 */
export type ActivityState = 'queued' | 'backing-off' | 'running' | 'pausing' | 'paused' | 'cancelling';

/** Returns what an activity is doing. This is the only place that reads the engine's own state. */
export function activityStateOf(activity: PendingActivity): ActivityState {
  switch (activity.state) {
    // The engine cancels an activity between two attempts immediately, and makes no attempt after a cancellation was requested, so in this
    // state a worker is always running one.
    case EngineState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED:
      return 'cancelling';
    case EngineState.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
      return 'pausing';
    case EngineState.PENDING_ACTIVITY_STATE_PAUSED:
      return 'paused';
    case EngineState.PENDING_ACTIVITY_STATE_STARTED:
      return 'running';
    default:
      // The engine only returns the next attempt while its time is in the future.
      return activity.nextAttemptScheduleTime ? 'backing-off' : 'queued';
  }
}

/** Whether a worker runs an attempt of the activity. */
export function isRunning(activity: PendingActivity): boolean {
  return ['running', 'pausing', 'cancelling'].includes(activityStateOf(activity));
}

/** Whether an operator paused the activity, and it is not being cancelled. */
export function isPaused(activity: PendingActivity): boolean {
  return ['pausing', 'paused'].includes(activityStateOf(activity));
}

/** Whether an attempt failed and another will follow, now or later. */
export function isRetrying(activity: PendingActivity): boolean {
  return ['backing-off', 'queued'].includes(activityStateOf(activity)) && (activity.attempt ?? 1) > 1;
}
