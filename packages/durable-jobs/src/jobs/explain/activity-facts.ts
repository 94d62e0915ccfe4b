import { inWords } from '../kebab-case.ts';
import type { ActivityTrack } from '../run-state/history.ts';
import { activityStateOf, type PendingActivity } from '../run-state/pending-activity.ts';
import type { Why } from './why.ts';

/** Whether an activity's time has come and no worker has taken it. */
export function isDue(activity: PendingActivity): boolean {
  return activityStateOf(activity) === 'queued';
}

/** Returns the track of an activity that has not ended in the history. */
export function trackOf(
  activity: PendingActivity,
  tracks: readonly ActivityTrack[],
): ActivityTrack | undefined {
  return tracks.findLast((track) => track.activityId === activity.activityId);
}

/** Returns the facts about an activity that has not ended, for programs. */
export function factsOf(activity: PendingActivity): Pick<Why, 'activity' | 'attempt' | 'of' | 'worker'> {
  const { maximumAttempts, lastWorkerIdentity } = activity;
  return {
    activity: activity.activityType?.name ?? '',
    attempt: activity.attempt ?? 1,
    ...(maximumAttempts ? { of: maximumAttempts } : {}),
    ...(lastWorkerIdentity ? { worker: lastWorkerIdentity } : {}),
  };
}

/** Formats the number of an attempt: `2 of 4`, or `2` if there is no last attempt. */
export function attemptOf(activity: PendingActivity, attempt = activity.attempt ?? 1): string {
  return activity.maximumAttempts ? `${attempt} of ${activity.maximumAttempts}` : String(attempt);
}

/** Returns an activity's name in words: `sendReminder` → `send reminder`. */
export function wordsOf(activity: PendingActivity): string {
  return inWords(activity.activityType?.name ?? '');
}
