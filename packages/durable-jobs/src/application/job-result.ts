import { setTimeout as delay } from 'node:timers/promises';
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
import { findUndispatchedStart, type UndispatchedStart } from '../jobs/outbox/find.ts';
import { endOfStart } from '../jobs/read-job.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { durationMs } from '../values/duration.ts';
import { JobFailedError, JobNotEndedError, JobNotFoundError } from './errors.ts';
import { definitionOf, idOf, type JobReference } from './job-of.ts';
import { checkStartsOf } from './unchecked-starts.ts';

/** How long a result is waited for. */
export interface ResultOptions {
  /** Such as `30s`; without it, for as long as the job takes. */
  timeout?: string;
}

/** Between two looks at a start that is committed and not made yet. */
const LOOK_MS = 100;

/** One wait for the end of a run; after it, the next one begins. */
const WAIT_MS = 60_000;

/** What reading results works with. */
type ResultDeps = Pick<OpenClient, 'db' | 'temporal'> & { jobs: JobRegistry };

/**
 * Waits for the end of a job, and returns what its newest run returned. A start that is committed for it and still to be made
 * counts as its newest run.
 * @throws {JobFailedError} where it failed, was cancelled or terminated, or its start can't be made; {JobNotFoundError} where
 * nobody has started it; {JobNotEndedError} after `timeout`.
 */
export async function resultOf<Job extends JobDefinition>(
  deps: ResultDeps,
  of: string | JobReference<Job>,
  { timeout }: ResultOptions = {},
): Promise<ResultOf<Job>> {
  const id = idOf(of);
  const timeoutMs = timeout === undefined ? Infinity : durationMs.parse(timeout);
  const deadline = Date.now() + timeoutMs;
  const definition = typeof of === 'string' ? definitionOf(deps.jobs, id) : of.job;
  for (;;) {
    if (definition) await checkStartsOf(deps, definition, id);
    const start = await findUndispatchedStart(deps.db, id);
    const isToCome = start !== undefined && endOfStart(start) === undefined;
    const waitMs = Math.min(isToCome ? LOOK_MS : WAIT_MS, deadline - Date.now());
    if (waitMs <= 0) throw new JobNotEndedError(id, timeoutMs);
    if (isToCome) {
      await delay(waitMs);
      continue;
    }
    const ended = await endOf(deps.temporal, id, start, AbortSignal.timeout(waitMs));
    if (ended)
      return (definition?.result ? definition.result.parse(ended.result) : ended.result) as ResultOf<Job>;
  }
}

/**
 * Waits for the end of a job's newest run; undefined where the signal aborts first. `start` is a start of the job that will not be
 * made any more.
 */
async function endOf(
  client: Client,
  id: string,
  start: UndispatchedStart | undefined,
  signal: AbortSignal,
): Promise<{ result: unknown } | undefined> {
  const run = client.workflow.getHandle(id);
  try {
    return await client.withAbortSignal(signal, async () => {
      const { closeTime } = await run.describe();
      if (start && closeTime && start.createdAt > closeTime) throw notMade(id, start);
      const result: unknown = await run.result();
      return { result };
    });
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw failedRun(id, error);
    if (error instanceof WorkflowNotFoundError) throw start ? notMade(id, start) : new JobNotFoundError(id);
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Of a start that was withdrawn, has expired or can't be made. */
function notMade(id: string, start: UndispatchedStart): JobFailedError {
  const end = endOfStart(start);
  return new JobFailedError(id, {
    status: end?.status === 'failed' ? 'failed' : 'cancelled',
    code: end?.failure?.code ?? 'Cancelled',
    reason: end?.failure?.message ?? 'Its start was withdrawn.',
  });
}

/** Of a run that has ended without a result. */
function failedRun(id: string, error: WorkflowFailedError): JobFailedError {
  // A workflow that lets its activity's failure through says nothing itself.
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
