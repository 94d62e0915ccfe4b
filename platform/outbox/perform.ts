import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { catalogue, isJobType } from '../../contracts/catalogue.ts';
import { jobId, type JobDefinition } from '../../contracts/define-job.ts';
import { RETRIED_FROM, scheduledStartTime, searchAttributes } from '../../contracts/names.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import type { Logger } from '../logger.ts';
import { withJobContext } from '../telemetry/job-context.ts';
import { startsMade } from '../telemetry/job-metrics.ts';
import { withOwnLogFields } from '../telemetry/log-fields.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { OutboxEntry } from './enqueue.ts';

/** For how long one call may hold up its caller: a shutdown waits for it, and so does the relay's next entry. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Makes an entry's start, on behalf of the request that asked for it, and returns the id of its run where it starts one anew;
 * null otherwise. Repeating it is safe: a start is known by its workflow id, and what it does when it comes twice is in the
 * job's contract.
 * @throws the client's error where the engine does not answer within ten seconds, or refuses.
 */
export async function performEntry(
  { client, logger }: { client: Client; logger: Logger },
  entry: OutboxEntry,
  by: 'request' | 'relay',
): Promise<string | null> {
  const { jobType, jobId: id, requestId, traceparent } = entry;
  const dueAt = Math.max(entry.acceptedAt.getTime(), entry.startAt?.getTime() ?? 0);
  const context = { ...(requestId !== null && { requestId }), ...(traceparent !== null && { traceparent }) };
  const fields = { jobId: id, jobType, ...(requestId !== null && { requestId }) };
  return withOwnLogFields(fields, async () => {
    let runId: string | null;
    try {
      if (!isJobType(jobType)) throw new Error(`there is no job type ${jobType}`);
      const span = {
        kind: 'producer',
        attributes: { 'durable_jobs.job.id': id, 'durable_jobs.by': by },
        // That of its request. Where none was traced, the job has a trace of its own.
        ...(traceparent === null ? { root: true } : { parent: traceparent }),
      } as const;
      runId = await withJobContext({ ...context, dueAt }, () =>
        inSpan(`start ${jobType}`, span, () =>
          client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
            startJob(client, jobType, entry.input as never, entry),
          ),
        ),
      );
    } catch (error) {
      startsMade.inc({ by, outcome: 'failed' });
      throw error;
    }
    startsMade.inc({ by, outcome: 'made' });
    logger.info({ by }, 'the job was handed to the engine');
    return runId;
  });
}

/** Starts a job as its definition says. A job that runs, or ran, under that id already counts as started. */
export async function startJob<K extends JobType>(
  client: Client,
  type: K,
  input: JobInput<K>,
  entry: Partial<Pick<OutboxEntry, 'jobId' | 'dedupeKey' | 'startAt' | 'retry'>> = {},
): Promise<string | null> {
  const { dedupeKey = null, startAt = null, retry = null } = entry;
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  const workflowId = entry.jobId ?? jobId(job, input);
  const options = {
    workflowId,
    taskQueue: job.taskQueue,
    args: [input] as [JobInput<K>],
    workflowIdReusePolicy: reusePolicy({ retry, dedupeKey }, job.reusePolicy),
    ...(startAt && { startDelay: Math.max(0, startAt.getTime() - Date.now()) }),
    workflowIdConflictPolicy: job.conflictPolicy,
    staticSummary: job.summary(input),
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: type },
      { key: searchAttributes.businessKey, value: retry?.businessKey ?? dedupeKey ?? job.businessKey(input) },
      ...(retry ? [{ key: scheduledStartTime, value: new Date(retry.nominalTime) }] : []),
    ],
    ...(retry && { memo: { [RETRIED_FROM]: retry.runId } }),
  };
  const signal = job.startSignal?.(input);
  try {
    const handle = signal
      ? await client.workflow.signalWithStart(type, {
          ...options,
          signal: signal.name,
          signalArgs: [signal.argument],
        })
      : await client.workflow.start(type, options);
    if (!retry) return null;
    return 'firstExecutionRunId' in handle ? handle.firstExecutionRunId : handle.signaledRunId;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return retry && findRetry(client, workflowId, retry.runId);
  }
}

/** A run that failed is started anew only as long as no later one was completed: the engine decides that in the same step. */
function reusePolicy(
  entry: Pick<OutboxEntry, 'retry' | 'dedupeKey'>,
  own: WorkflowIdReusePolicy,
): WorkflowIdReusePolicy {
  if (entry.retry) return WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
  return entry.dedupeKey === null ? own : WorkflowIdReusePolicy.REJECT_DUPLICATE;
}

/** The run that an earlier attempt at the same entry has started, if it is the newest one. */
async function findRetry(client: Client, workflowId: string, retriedFrom: string): Promise<string | null> {
  const { runId, memo } = await client.workflow.getHandle(workflowId).describe();
  return memo?.[RETRIED_FROM] === retriedFrom ? runId : null;
}
