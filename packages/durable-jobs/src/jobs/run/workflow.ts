import {
  ActivityCancellationType,
  isCancellation,
  proxyLocalActivities,
  workflowInfo,
  WorkflowError,
  type ActivityOptions,
} from '@temporalio/workflow';
import { FIRST_RUN } from '../names.ts';
import { proxyCountedActivities } from '../workflow/counted-activities.ts';
import { startWhenMeant } from '../workflow/operator-wait.ts';
import { uncountedFailures } from '../workflow/policies.ts';
import type { RunActivities, RunOrigin, RunPolicy } from './policy.ts';

/** During a deployment, a worker that does not know the job yet leaves the run to one that does. */
const { readRunPolicy } = proxyLocalActivities<RunActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
});

type JobActivity = (input: object) => Promise<unknown>;

/** Runs a job that is one function: an activity with the job's name, under the policy that its definition declares. */
export async function runJob(input: object): Promise<unknown> {
  await startWhenMeant();
  const { workflowType: type, workflowId, firstExecutionRunId, memo } = workflowInfo();
  const policy = await policyOf(type);
  // The id alone is shared by all runs of a key. An operator's retry repeats the failed run, and may repeat its effects.
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

/**
 * @throws {WorkflowError} if this worker does not know the job, which fails the task rather than the job, so that another worker tries; the
 * cancellation of a job that was cancelled before it began.
 */
async function policyOf(type: string): Promise<RunPolicy> {
  try {
    return await readRunPolicy({ type });
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw new WorkflowError(`this worker does not have the job ${type}`);
  }
}

function activityOptions({ taskQueue, timeoutMs, retry }: RunPolicy): ActivityOptions {
  return {
    taskQueue,
    startToCloseTimeout: timeoutMs,
    // Attempts heartbeat every few seconds by themselves, so that a dead worker is noticed soon.
    heartbeatTimeout: '30 seconds',
    // Only its end shows what it has done.
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
