import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import {
  InternalWorkflowStartOptionsSymbol,
  type InternalWorkflowStartOptions,
} from '@temporalio/client/lib/internal.js';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { jobId, summaryOf, type JobDefinition, type StartPolicy } from '../job-definition.ts';
import { kebabCase } from '../kebab-case.ts';
import { EXPIRES_AT, FIRST_RUN, RETRIED_FROM, STARTED_BY } from '../names.ts';
import { priorityOf } from '../../engine/priority.ts';
import { scheduledStartTime, searchAttributes } from '../../engine/search-attributes.ts';
import type { OutboxEntry } from './enqueue.ts';
import type { StartOutcome } from './start-outcome.ts';

/**
 * Starts the job of a committed entry according to its policy. Repeats are safe: the engine recognizes an earlier start of the entry by its
 * request id, and a signal by its content.
 * @throws the client's error if the engine does not respond, or refuses.
 */
export async function startCommitted(
  client: Client,
  job: JobDefinition,
  input: object,
  entry: OutboxEntry,
): Promise<StartOutcome> {
  const { retry, dedupeKey, startAt, expiresAt, jobId: workflowId } = entry;
  const policy: StartPolicy = dedupeKey === null ? job.startPolicy : 'once';
  const options = {
    workflowId,
    taskQueue: job.taskQueue,
    args: [input] as [object],
    workflowIdReusePolicy: reusePolicy(policy, retry !== null),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    ...(startAt && { startDelay: Math.max(0, startAt.getTime() - Date.now()) }),
    staticSummary: summaryOf(job, input),
    ...priorityOf(entry),
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: job.type },
      {
        key: searchAttributes.businessKey,
        value: retry?.businessKey ?? workflowId.slice(kebabCase(job.type).length + 1),
      },
      ...(retry ? [{ key: scheduledStartTime, value: new Date(retry.nominalTime) }] : []),
    ],
    ...(retry && {
      memo: { [RETRIED_FROM]: retry.runId, [FIRST_RUN]: retry.firstRunId ?? retry.runId },
    }),
    ...(expiresAt && {
      memo: { [EXPIRES_AT]: expiresAt.toISOString(), [STARTED_BY]: requestIdOf(entry) },
    }),
    [InternalWorkflowStartOptionsSymbol]: { requestId: requestIdOf(entry) },
  } satisfies InternalWorkflowStartOptions & { args: [object] };
  const signal = policy === 'signal' ? job.startSignal?.(input) : undefined;
  try {
    if (signal) {
      const handle = await client.workflow.signalWithStart(job.type, {
        ...options,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        signal: signal.name,
        signalArgs: [signal.argument],
      });
      return { kind: 'delivered', runId: handle.signaledRunId };
    }
    const handle = await client.workflow.start(job.type, options);
    return { kind: 'started', runId: handle.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return await outcomeOfConflict(client, entry, policy);
  }
}

/**
 * Starts a job whose policy is `keep-running`, unless it is running.
 * @throws the client's error if the engine does not respond, or refuses.
 */
export async function ensureRunning<Input extends object>(
  client: Client,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): Promise<void> {
  await client.workflow.start(job.type, {
    workflowId: jobId(job, input),
    taskQueue: job.taskQueue,
    args: [input] as [object],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: summaryOf(job, input),
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: job.type },
      { key: searchAttributes.businessKey, value: job.businessKey(input) },
    ],
  });
}

/**
 * The same for every attempt at one entry, and another for every other entry: the engine returns the run that it started for
 * an id which it has seen with the job's newest run, whatever the policies say.
 */
export function requestIdOf({ id, acceptedAt }: Pick<OutboxEntry, 'id' | 'acceptedAt'>): string {
  return `outbox:${id}:${acceptedAt.toISOString()}`;
}

/** A run that failed is started again only as long as no later one was completed: the engine decides that in the same step. */
function reusePolicy(policy: StartPolicy, isRetry: boolean): WorkflowIdReusePolicy {
  if (isRetry) return WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
  return policy === 'once' ? WorkflowIdReusePolicy.REJECT_DUPLICATE : WorkflowIdReusePolicy.ALLOW_DUPLICATE;
}

/** Returns the outcome of a start that the engine refused because of the job's newest run. */
async function outcomeOfConflict(
  client: Client,
  { jobId: workflowId, retry }: OutboxEntry,
  policy: StartPolicy,
): Promise<StartOutcome> {
  const { runId, memo } = await client.workflow.getHandle(workflowId).describe();
  if (retry) {
    // Of a job that is signalled, the engine keeps no request id of an earlier attempt.
    return { kind: memo?.[RETRIED_FROM] === retry.runId ? 'started' : 'exists', runId };
  }
  return { kind: policy === 'in-turn' ? 'waits' : 'exists', runId };
}
