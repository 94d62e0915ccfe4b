import type { Client } from '@temporalio/client';
import type { RetryPolicy } from '@temporalio/common';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { isNotFound } from '../../engine/not-found.ts';
import type { JobRun } from './job-run.ts';
import { activityStateOf, isRunning, type PendingActivity } from './pending-activity.ts';
import { ActionRefusedError } from './refusal.ts';

type Target = Pick<JobRun, 'id' | 'runId'>;

/** Names an activity to the engine. */
function target(client: Client, run: Target, activityId: string) {
  return {
    namespace: client.options.namespace,
    execution: { workflowId: run.id, runId: run.runId },
    identity: client.options.identity,
    id: activityId,
  };
}

/** Keeps an activity from further attempts; one that is in progress ends by itself. Nothing if it has just ended. */
export async function pauseActivity(
  client: Client,
  run: Target,
  activityId: string,
  reason: string,
): Promise<void> {
  await unlessGone(client.workflowService.pauseActivity({ ...target(client, run, activityId), reason }));
}

/**
 * Lets a paused activity be attempted again, at the time at which it would have been without the pause, or at once if that has passed. Its
 * attempts continue counting. Returns the time, if it is yet to come.
 */
export async function resumeActivity(
  client: Client,
  run: Target,
  activity: PendingActivity,
): Promise<Date | undefined> {
  const id = activity.activityId ?? '';
  const at = plannedTime(activity);
  if (at === undefined || at.getTime() <= Date.now()) {
    await unpause(client, run, id);
    return undefined;
  }
  // The engine begins the attempt of what it unpauses at once, or at a random time within the jitter: the attempt is put there,
  // and moved from there to its time.
  await unpause(client, run, id, PARKING_MS);
  await repeatedly(() => unlessGone(moveAttempt(client, run, activity, at)));
  return at;
}

/** So long that a moment after now is an unlikely time in it, and so short that an attempt left there is not lost. */
const PARKING_MS = 3_600_000;

async function unpause(client: Client, run: Target, activityId: string, jitterMs = 0): Promise<void> {
  await unlessGone(
    client.workflowService.unpauseActivity({
      ...target(client, run, activityId),
      resetAttempts: false,
      ...(jitterMs > 0 && { jitter: msNumberToTs(jitterMs) }),
    }),
  );
}

/** When the policy of an activity has its next attempt; undefined if none has failed, or none is left. */
function plannedTime(activity: PendingActivity): Date | undefined {
  const failedAt = optionalTsToMs(activity.lastAttemptCompleteTime);
  const failed = (activity.attempt ?? 1) - 1;
  const policy = activity.activityOptions?.retryPolicy;
  if (isRunning(activity) || failedAt === undefined || failed < 1 || !policy) return undefined;
  // It has no further attempt: the worker ends it.
  if (policy.maximumAttempts && failed >= policy.maximumAttempts) return undefined;
  const own = optionalTsToMs(activity.lastFailure?.applicationFailureInfo?.nextRetryDelay);
  const initial = optionalTsToMs(policy.initialInterval) ?? 0;
  const wait = own ?? initial * (policy.backoffCoefficient ?? 1) ** (failed - 1);
  const longest = own === undefined ? optionalTsToMs(policy.maximumInterval) : undefined;
  return new Date(failedAt + (longest ? Math.min(wait, longest) : wait));
}

/** Creates a call that must not be lost: three tries. */
async function repeatedly(call: () => Promise<void>): Promise<void> {
  for (let triesLeft = 2; ; triesLeft--) {
    try {
      await call();
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
  }
}

/**
 * Makes what waits for its next attempt run now. The attempts continue counting: the engine's reset of an activity would restart the count,
 * and pausing and resuming it does not.
 */
export async function attemptNow(client: Client, run: Target, activityId: string): Promise<void> {
  await pauseActivity(client, run, activityId, 'Retried immediately by an operator.');
  // What was paused must not stay so because one call was lost.
  await repeatedly(() => unpause(client, run, activityId));
}

/**
 * Moves the next attempt of an activity to a time. The engine has but the policy for that: it is changed to one whose wait
 * after any attempt is as long, and {@link restorePolicy} gives back the activity's own when that attempt begins.
 */
export async function postponeAttempt(
  client: Client,
  run: Target,
  activity: PendingActivity,
  at: Date,
): Promise<void> {
  const failedAt = optionalTsToMs(activity.lastAttemptCompleteTime);
  const expiresAt = optionalTsToMs(activity.expirationTime);
  if (activityStateOf(activity) !== 'backing-off' || failedAt === undefined) {
    throw new ActionRefusedError('jobNotReschedulable', 'The job no longer waits for its next attempt.');
  }
  if (expiresAt !== undefined && at.getTime() >= expiresAt) {
    throw new ActionRefusedError(
      'jobNotReschedulable',
      `The activity gives up at ${new Date(expiresAt).toISOString()}, before that time.`,
    );
  }
  await moveAttempt(client, run, activity, at);
}

async function moveAttempt(client: Client, run: Target, activity: PendingActivity, at: Date): Promise<void> {
  const wait = msNumberToTs(at.getTime() - (optionalTsToMs(activity.lastAttemptCompleteTime) ?? 0));
  await client.workflowService.updateActivityOptions({
    ...target(client, run, activity.activityId ?? ''),
    activityOptions: { retryPolicy: { initialInterval: wait, maximumInterval: wait, backoffCoefficient: 1 } },
    updateMask: {
      paths: [
        'retry_policy.initial_interval',
        'retry_policy.maximum_interval',
        'retry_policy.backoff_coefficient',
      ],
    },
  });
}

/** Whether a policy is that of an attempt which was postponed: none of our own waits for always as long. */
export function isPostponed(policy: RetryPolicy | undefined): boolean {
  return policy?.backoffCoefficient === 1 && policy.initialInterval === policy.maximumInterval;
}

/** Gives an activity its own policy back. */
export async function restorePolicy(client: Client, run: Target, activityId: string): Promise<void> {
  await unlessGone(
    client.workflowService.updateActivityOptions({
      ...target(client, run, activityId),
      restoreOriginal: true,
    }),
  );
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
