import type { Client } from '@temporalio/client';
import type { RetryPolicy } from '@temporalio/common';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { isNotFound } from '../../engine/not-found.ts';
import type { JobRun } from './job-run.ts';
import { activityStateOf, isRunning, type PendingActivity } from '../run-state/pending-activity.ts';
import { ActionRefusedError } from './refusal.ts';

type Target = Pick<JobRun, 'id' | 'runId'>;

/** Identifies an activity for the engine's operations. */
function target(client: Client, run: Target, activityId: string) {
  return {
    namespace: client.options.namespace,
    execution: { workflowId: run.id, runId: run.runId },
    identity: client.options.identity,
    id: activityId,
  };
}

/** Prevents further attempts of an activity; an attempt in progress ends by itself. Does nothing if the activity has just ended. */
export async function pauseActivity(
  client: Client,
  run: Target,
  activityId: string,
  reason: string,
): Promise<void> {
  await unlessGone(client.workflowService.pauseActivity({ ...target(client, run, activityId), reason }));
}

/**
 * Resumes a paused activity, at the time at which it would have run without the pause, or immediately if that has passed. The attempt count
 * continues. Returns the time if it is in the future.
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
  // The engine begins an unpaused attempt immediately, or at a random time within the jitter: the attempt is first put there, and then
  // moved to its time.
  await unpause(client, run, id, PARKING_MS);
  await repeatedly(() => unlessGone(moveAttempt(client, run, activity, at)));
  return at;
}

/** Long enough that the attempt is unlikely to begin within moments, and short enough that an attempt left there is not lost. */
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

/** Returns when the policy plans the next attempt of an activity; undefined if none has failed, or none is left. */
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

/** Makes a call that must not be lost: three tries. */
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
 * Starts the next attempt of an activity now. The attempt count continues: the engine's reset of an activity would restart the count, but a
 * pause followed by a resume does not.
 */
export async function attemptNow(client: Client, run: Target, activityId: string): Promise<void> {
  await pauseActivity(client, run, activityId, 'Retried immediately by an operator.');
  // The activity must not stay paused because one call was lost.
  await repeatedly(() => unpause(client, run, activityId));
}

/**
 * Checks whether the next attempt of an activity can be moved to a time.
 * @throws {ActionRefusedError} if it is not waiting for an attempt, or gives up before that time.
 */
export function requirePostponable(activity: PendingActivity, at: Date): void {
  const failedAt = optionalTsToMs(activity.lastAttemptCompleteTime);
  const expiresAt = optionalTsToMs(activity.expirationTime);
  if (activityStateOf(activity) !== 'backing-off' || failedAt === undefined) {
    throw new ActionRefusedError('jobNotReschedulable', 'The job is no longer waiting for its next attempt.');
  }
  if (expiresAt !== undefined && at.getTime() >= expiresAt) {
    throw new ActionRefusedError(
      'jobNotReschedulable',
      `The activity gives up at ${new Date(expiresAt).toISOString()}, before that time.`,
    );
  }
}

/**
 * Moves the next attempt of an activity to a time. The engine only offers the retry policy for that: it is changed to a policy with a
 * constant wait of that length, and {@link restorePolicy} restores the activity's own when the attempt begins.
 */
export async function moveAttempt(
  client: Client,
  run: Target,
  activity: PendingActivity,
  at: Date,
): Promise<void> {
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

/** Whether a policy is that of a postponed attempt: none of our own has a constant wait. */
export function isPostponed(policy: RetryPolicy | undefined): boolean {
  return policy?.backoffCoefficient === 1 && policy.initialInterval === policy.maximumInterval;
}

/** Restores an activity's own policy. */
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
