import {
  ActivityCancellationType,
  proxyLocalActivities,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import { FIRST_RUN } from '../names.ts';
import { proxyCountedActivities } from '../workflow/counted-activities.ts';
import { startWhenMeant } from '../workflow/operator-wait.ts';
import { uncountedFailures } from '../workflow/policies.ts';
import type { RunActivities, RunOrigin, RunPolicy } from './policy.ts';

/** A worker that does not know the job yet, in the middle of a deployment, leaves the run to one that does. */
const { readRunPolicy } = proxyLocalActivities<RunActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
});

type JobActivity = (input: object) => Promise<unknown>;

/** Runs a job that is one function: an activity of the job's own name, under the policy that its definition declares. */
export async function runJob(input: object): Promise<unknown> {
  await startWhenMeant();
  const { workflowType: type, workflowId, firstExecutionRunId, memo } = workflowInfo();
  const policy = await policyOf(type);
  // The id alone would be that of the next run too, if a job runs repeatedly under one key. A run that an operator has started again
  // repeats the one that had failed, and may repeat what that one did.
  const firstRun = memo?.[FIRST_RUN];
  const effectKey = `${workflowId}/${typeof firstRun === 'string' ? firstRun : firstExecutionRunId}`;
  const activities = proxyCountedActivities<Record<string, JobActivity>>(
    activityOptions(policy),
    {},
    {
      argumentsAfter: (args, attemptsBefore) => [...args, { effectKey, attemptsBefore } satisfies RunOrigin],
    },
  );
  return await activities[type]?.(input);
}

/** @throws a plain error if this worker has no such job, which fails the task rather than the job: another one tries. */
async function policyOf(type: string): Promise<RunPolicy> {
  try {
    return await readRunPolicy({ type });
  } catch {
    throw new Error(`this worker has no job ${type}`);
  }
}

function activityOptions({ taskQueue, timeoutMs, retry }: RunPolicy): ActivityOptions {
  return {
    taskQueue,
    startToCloseTimeout: timeoutMs,
    // The function's attempt sends one every few seconds by itself, so that a killed worker is noticed soon.
    heartbeatTimeout: '30 seconds',
    // Only its end says what it has done.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: retry.initialMs,
      backoffCoefficient: retry.coefficient,
      ...(retry.maximumMs > 0 && { maximumInterval: retry.maximumMs }),
      ...(retry.maximumAttempts > 0 && { maximumAttempts: retry.maximumAttempts }),
      nonRetryableErrorTypes: [...uncountedFailures],
    },
  };
}
