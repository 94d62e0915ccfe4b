import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { catalogue, isJobType } from '../../contracts/catalogue.ts';
import { jobId, type JobDefinition } from '../../contracts/define-job.ts';
import { searchAttributes } from '../../contracts/names.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import type { OutboxEntry } from './enqueue.ts';

/**
 * Makes an entry's start or cancellation. Repeating one is safe: a start is known by its workflow id, a cancellation
 * of what does not run changes nothing.
 */
export async function performEntry(client: Client, entry: OutboxEntry): Promise<void> {
  if (!isJobType(entry.jobType)) throw new Error(`there is no job type ${entry.jobType}`);
  if (entry.operation === 'start') return startJob(client, entry.jobType, entry.input as never);
  try {
    await client.workflow.getHandle(entry.jobId).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Starts a job as its definition says. A job that runs, or ran, under that id already counts as started. */
async function startJob<K extends JobType>(client: Client, type: K, input: JobInput<K>): Promise<void> {
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  const options = {
    workflowId: jobId(job, input),
    taskQueue: job.taskQueue,
    args: [input] as [JobInput<K>],
    workflowIdReusePolicy: job.reusePolicy,
    workflowIdConflictPolicy: job.conflictPolicy,
    staticSummary: job.summary(input),
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: type },
      { key: searchAttributes.businessKey, value: job.businessKey(input) },
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
