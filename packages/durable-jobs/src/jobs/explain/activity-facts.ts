import { inWords } from '../job-definition.ts';
import type { ActivityTrack } from '../run-state/history.ts';
import { activityStateOf, type PendingActivity } from '../run-state/pending-activity.ts';
import type { Why } from './why.ts';

/** Whether an activity's time has come and no worker has taken it. */
export function isDue(activity: PendingActivity): boolean {
  return activityStateOf(activity) === 'queued';
}

/** Returns the entries of the history about an activity that has not ended. */
export function trackOf(
  activity: PendingActivity,
  tracks: readonly ActivityTrack[],
): ActivityTrack | undefined {
  return tracks.findLast((track) => track.activityId === activity.activityId);
}

/** Returns what programs are told about an activity that has not ended. */
export function factsOf(activity: PendingActivity): Pick<Why, 'activity' | 'attempt' | 'of' | 'worker'> {
  const { maximumAttempts, lastWorkerIdentity } = activity;
  return {
    activity: activity.activityType?.name ?? '',
    attempt: activity.attempt ?? 1,
    ...(maximumAttempts ? { of: maximumAttempts } : {}),
    ...(lastWorkerIdentity ? { worker: lastWorkerIdentity } : {}),
  };
}

/** `2 of 4`, or `2` if there is no last attempt. */
export function attemptOf(activity: PendingActivity, attempt = activity.attempt ?? 1): string {
  return activity.maximumAttempts ? `${attempt} of ${activity.maximumAttempts}` : String(attempt);
}

/** Returns an activity's name in words: `sendReminder` → `send reminder`. */
export function wordsOf(activity: PendingActivity): string {
  return inWords(activity.activityType?.name ?? '');
}
