import type { Client } from '@temporalio/client';
import type { RetryPolicy } from '@temporalio/common';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { isNotFound } from './not-found.ts';
import type { JobRun } from './job-run.ts';
import { activityStateOf, type PendingActivity } from './pending-activity.ts';
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

/** Keeps an activity from further attempts; one that is under way ends by itself. Nothing where it has just ended. */
export async function pauseActivity(
  client: Client,
  run: Target,
  activityId: string,
  reason: string,
): Promise<void> {
  await unlessGone(client.workflowService.pauseActivity({ ...target(client, run, activityId), reason }));
}

/** Lets a paused activity be attempted again, at once; its attempts go on counting. */
export async function resumeActivity(client: Client, run: Target, activityId: string): Promise<void> {
  await unlessGone(
    client.workflowService.unpauseActivity({ ...target(client, run, activityId), resetAttempts: false }),
  );
}

/**
 * Makes what waits for its next attempt run now. The attempts go on counting: the engine's reset of an activity would begin
 * them anew, and pausing and resuming it does not.
 */
export async function attemptNow(client: Client, run: Target, activityId: string): Promise<void> {
  await pauseActivity(client, run, activityId, 'Tried at once by an operator.');
  // What was paused must not stay so because one call was lost.
  for (let triesLeft = 2; ; triesLeft--) {
    try {
      await resumeActivity(client, run, activityId);
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
  }
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
    throw new ActionRefusedError('jobNotReschedulable', 'It does not wait for its next attempt any more.');
  }
  if (expiresAt !== undefined && at.getTime() >= expiresAt) {
    throw new ActionRefusedError(
      'jobNotReschedulable',
      `It is given up at ${new Date(expiresAt).toISOString()}, before that.`,
    );
  }
  const wait = msNumberToTs(at.getTime() - failedAt);
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
