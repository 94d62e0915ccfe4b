import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import type { OpenClient } from '../api/open-client.ts';
import type { JobDefinition, ResultOf } from '../jobs/job-definition.ts';
import type { UndispatchedStart } from '../jobs/outbox/find.ts';
import { endOfStart } from '../jobs/read-job.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { waitForEnd } from '../jobs/wait-for-end.ts';
import { durationMs } from '../values/duration.ts';
import { checkOptions, optionOf } from '../values/check-options.ts';
import { JobFailedError, JobNotEndedError, JobNotFoundError } from './errors.ts';
import { definitionOf } from '../jobs/registry.ts';
import { idOf, type JobReference } from './job-of.ts';
import { checkStartsOf } from '../jobs/outbox/unchecked-starts.ts';

/** Options of waiting for a result. */
export interface ResultOptions {
  /** Time limit, such as `30s`; unlimited by default. */
  timeout?: string;
}

/** How long the engine may take to respond to one call: it may be restarting. */
const CALL_MS = 60_000;

/** Dependencies of reading results. */
type ResultDeps = Pick<OpenClient, 'db' | 'temporal'> & { jobs: JobRegistry };

/**
 * Waits for a job to end, and returns the result of its newest run. A committed start that has not been made yet counts as the newest run.
 * @throws {JobFailedError} if it failed, was cancelled or terminated, or can't be started; {JobNotFoundError} if it was never started;
 * {JobNotEndedError} after `timeout`; {TypeError} if an option does not exist.
 */
export async function resultOf<Job extends JobDefinition>(
  { db, temporal: client, jobs }: ResultDeps,
  of: string | JobReference<Job>,
  options: ResultOptions = {},
): Promise<ResultOf<Job>> {
  checkOptions('result', options, { timeout: optionOf.text.optional() });
  const { timeout } = options;
  const id = idOf(of);
  const timeoutMs = timeout === undefined ? Infinity : durationMs.parse(timeout);
  const deadline = performance.now() + timeoutMs;
  const definition = typeof of === 'string' ? definitionOf(jobs, id) : of.job;
  if (definition) await checkStartsOf({ db, jobs }, definition, id);
  const waitMs = deadline - performance.now();
  const end = await waitForEnd({ db, client }, id, { waitMs, callMs: CALL_MS });
  if (!end) throw new JobNotFoundError(id);
  if (end.kind === 'notEnded') throw new JobNotEndedError(id, timeoutMs);
  if (end.kind === 'notMade') throw notMade(id, end.start);
  const result = await resultOfRun(client, id, end.runId);
  return (definition?.result ? definition.result.parse(result) : result) as ResultOf<Job>;
}

/** Returns what a run that has ended returned. */
async function resultOfRun(client: Client, id: string, runId: string): Promise<unknown> {
  try {
    return await client.withDeadline(Date.now() + CALL_MS, () =>
      client.workflow.getHandle(id, runId).result(),
    );
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw failedRun(id, error);
    if (error instanceof WorkflowNotFoundError) throw new JobNotFoundError(id);
    throw error;
  }
}

/** The error for a start that was withdrawn, has expired, or can't be made. */
function notMade(id: string, start: UndispatchedStart): JobFailedError {
  const end = endOfStart(start);
  return new JobFailedError(id, {
    status: end?.status === 'failed' ? 'failed' : 'cancelled',
    code: end?.failure?.code ?? 'Cancelled',
    reason: end?.failure?.message ?? 'Its start was withdrawn.',
  });
}

/** The error for a run that ended without a result. */
function failedRun(id: string, error: WorkflowFailedError): JobFailedError {
  // A workflow that rethrows its activity's failure adds no information of its own.
  const cause = error.cause instanceof ActivityFailure ? (error.cause.cause ?? error.cause) : error.cause;
  const reason = cause?.message ?? '';
  if (error.cause instanceof TerminatedFailure)
    return new JobFailedError(id, { status: 'terminated', code: 'Terminated', reason, cause: error });
  if (error.cause instanceof CancelledFailure || cause instanceof CancelledFailure)
    return new JobFailedError(id, { status: 'cancelled', code: 'Cancelled', reason: '', cause: error });
  const code =
    cause instanceof ApplicationFailure
      ? cause.type
      : cause instanceof TimeoutFailure
        ? 'Timeout'
        : undefined;
  return new JobFailedError(id, { status: 'failed', code: code ?? 'Error', reason, cause: error });
}
