import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { catalogue, isJobType } from '../../contracts/catalogue.ts';
import { jobId, type JobDefinition } from '../../contracts/define-job.ts';
import { searchAttributes } from '../../contracts/names.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import type { Logger } from '../logger.ts';
import { withJobContext } from '../telemetry/job-context.ts';
import { startsMade } from '../telemetry/job-metrics.ts';
import { withOwnLogFields } from '../telemetry/log-fields.ts';
import type { OutboxEntry } from './enqueue.ts';

/** For how long one call may hold up its caller: a shutdown waits for it, and so does the relay's next entry. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Makes an entry's start, on behalf of the request that asked for it. Repeating one is safe: a start is known by its
 * workflow id, and what it does when it comes twice is in the job's contract.
 * @throws the client's error where the engine does not answer within ten seconds, or refuses.
 */
export async function performEntry(
  { client, logger }: { client: Client; logger: Logger },
  entry: OutboxEntry,
  by: 'request' | 'relay',
): Promise<void> {
  const { jobType, jobId: id, requestId, traceparent } = entry;
  const dueAt = Math.max(entry.acceptedAt.getTime(), entry.startAt?.getTime() ?? 0);
  const context = { ...(requestId !== null && { requestId }), ...(traceparent !== null && { traceparent }) };
  const fields = { jobId: id, jobType, ...(requestId !== null && { requestId }) };
  await withOwnLogFields(fields, async () => {
    try {
      if (!isJobType(jobType)) throw new Error(`there is no job type ${jobType}`);
      await withJobContext({ ...context, dueAt }, () =>
        client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
          startJob(client, jobType, entry.input as never, entry),
        ),
      );
    } catch (error) {
      startsMade.inc({ by, outcome: 'failed' });
      throw error;
    }
    startsMade.inc({ by, outcome: 'made' });
    logger.info({ by }, 'the job was handed to the engine');
  });
}

/** Starts a job as its definition says. A job that runs, or ran, under that id already counts as started. */
export async function startJob<K extends JobType>(
  client: Client,
  type: K,
  input: JobInput<K>,
  { dedupeKey, startAt }: Pick<OutboxEntry, 'dedupeKey' | 'startAt'> = { dedupeKey: null, startAt: null },
): Promise<void> {
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  const options = {
    workflowId: jobId(job, input, dedupeKey),
    taskQueue: job.taskQueue,
    args: [input] as [JobInput<K>],
    workflowIdReusePolicy: dedupeKey === null ? job.reusePolicy : WorkflowIdReusePolicy.REJECT_DUPLICATE,
    ...(startAt && { startDelay: Math.max(0, startAt.getTime() - Date.now()) }),
    workflowIdConflictPolicy: job.conflictPolicy,
    staticSummary: job.summary(input),
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: type },
      { key: searchAttributes.businessKey, value: dedupeKey ?? job.businessKey(input) },
    ],
  };
  const signal = job.startSignal?.(input);
  try {
    if (signal) {
      await client.workflow.signalWithStart(type, {
        ...options,
        signal: signal.name,
        signalArgs: [signal.argument],
      });
    } else {
      await client.workflow.start(type, options);
    }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
