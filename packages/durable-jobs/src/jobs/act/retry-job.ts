import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Trx } from '../../database/connect.ts';
import { ERASED, UNREADABLE } from '../../encryption/payload-codec.ts';
import { storedInput } from '../accept-input.ts';
import { awaitAgain } from '../flow/wake.ts';
import { enqueueRetry } from '../outbox/enqueue.ts';
import type { ActDeps } from './act-deps.ts';
import { attemptNow } from './attempts.ts';
import { rulesOf } from './job-rules.ts';
import type { RetryScope } from './job-actions.ts';
import type { JobRun } from './job-run.ts';
import type { Done, Plan } from './plan.ts';
import { lockJob } from '../lock-job.ts';
import { isRetried } from '../run-records/job-retries.ts';
import { activityStateOf, isPaused, type PendingActivity } from '../run-state/pending-activity.ts';
import { ActionRefusedError } from './refusal.ts';

/**
 * Checks whether an open run's next attempt can be made immediately, or a run that ended without success can be started again. `scope` is what
 * is meant: the run may have ended since its state was read.
 * @throws {ActionRefusedError} `jobNotRetryable`, before anything is written.
 */
export async function planRetry(
  deps: ActDeps,
  run: JobRun,
  scope: RetryScope | undefined,
  reason: string | null,
): Promise<Plan> {
  const isOpen = run.status === 'open';
  if (scope === 'attempt' && !isOpen)
    throw new ActionRefusedError('jobNotRetryable', `The job is ${run.status}: it has no further attempt.`);
  if (scope === 'run' && isOpen)
    throw new ActionRefusedError('jobNotRetryable', 'The job has not ended: it cannot be started again.');
  return isOpen ? planRetryOfOpen(deps, run) : planRetryOfClosed(deps, run, reason);
}

/**
 * Checks whether a run can be retried that ended without success, with its input and its id. Each run is retried once: if two operators do,
 * the second finds it done. Pass the starts to the dispatcher.
 */
async function planRetryOfClosed(deps: ActDeps, run: JobRun, reason: string | null): Promise<Plan> {
  if (run.status === 'completed') throw new ActionRefusedError('jobNotRetryable', 'The job is completed.');
  // A closed run and its input never change, so they are read before the transaction.
  const original = await readInput(deps.client, run);
  return {
    changeRows: (db) => db.transaction().execute((trx) => recordRetry(deps, trx, run, original, reason)),
  };
}

async function recordRetry(
  { jobs, jobRules }: ActDeps,
  trx: Trx,
  run: JobRun,
  original: unknown,
  reason: string | null,
): Promise<Done> {
  await lockJob(trx, run.id);
  if (await isRetried(trx, run)) return { did: 'This run has already been retried.', starts: [] };
  if (original === ERASED || original === UNREADABLE) {
    throw new ActionRefusedError('jobNotRetryable', `The input of the job cannot be read: ${original}.`);
  }
  const input = (await rulesOf(jobRules, run.type).beforeRetrying?.(trx, run, original)) ?? original;
  const job = jobs.get(run.type);
  const accepted = storedInput(job, input);
  if (!accepted) {
    throw new ActionRefusedError(
      'jobNotRetryable',
      'The input of the job is from a release with a different schema.',
    );
  }
  await trx.insertInto('jobRetries').values({ jobId: run.id, runId: run.runId, reason }).execute();
  const entry = await enqueueRetry(
    trx,
    job,
    accepted,
    {
      jobId: run.id,
      runId: run.runId,
      firstRunId: run.firstRunId,
      businessKey: run.businessKey,
      nominalTime: run.nominalTime.toISOString(),
    },
    run.urgency,
  );
  await awaitAgain(trx, { jobId: run.id, runId: run.runId });
  return { did: 'The job is started again with the same input.', starts: [entry] };
}

/** Checks whether an open run's next attempt can be made immediately. */
function planRetryOfOpen({ client, jobRules }: ActDeps, run: JobRun): Plan {
  // If a job must not be paused, a paused activity was left so by a retry that lost the engine halfway.
  const leftPaused = (activity: PendingActivity): boolean =>
    isPaused(activity) && rulesOf(jobRules, run.type).notPausable !== undefined;
  const waiting = run.pending.filter(
    (activity) => activityStateOf(activity) === 'backing-off' || leftPaused(activity),
  );
  if (waiting.length > 0) {
    return {
      async callEngine() {
        for (const activity of waiting) await attemptNow(client, run, activity.activityId ?? '');
        const names = waiting.map((activity) => activity.activityType?.name).join(', ');
        return { did: `The next attempt begins now: ${names}.`, starts: [] };
      },
    };
  }
  const { ownRetry } = rulesOf(jobRules, run.type);
  if (ownRetry && run.isIdle) {
    return {
      async callEngine() {
        await client.workflow.getHandle(run.id, run.runId).signal(ownRetry.signal);
        return { did: ownRetry.did, starts: [] };
      },
    };
  }
  const why = run.startsAt
    ? 'The job has not started yet: reschedule it.'
    : run.pending.some(isPaused)
      ? 'The job is paused: resume it.'
      : 'The job is running: nothing is waiting for another attempt.';
  throw new ActionRefusedError('jobNotRetryable', why);
}

/** Returns a run's input from its first event. A retried run has no position to continue from. */
async function readInput(client: Client, run: JobRun): Promise<unknown> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: run.id, runId: run.runId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [input] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'resumeAt'));
}
