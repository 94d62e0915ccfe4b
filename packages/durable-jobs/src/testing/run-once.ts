import type { Pool } from 'pg';
import { acceptInput } from '../jobs/accept-input.ts';
import { jobId, type InputOf, type ResultOf } from '../jobs/job-definition.ts';
import { asFailure, type RunContext } from '../jobs/run/activities.ts';
import type { FunctionJob } from '../jobs/run/define-job.ts';
import { waitAfter } from '../jobs/run/retry.ts';
import { collectingLogger, type LogLine } from './log-lines.ts';
import { noDatabase } from './no-database.ts';

/** Options of the attempt. */
export interface OnceOptions {
  /** Which attempt it is; 1 by default. */
  attempt?: number;
  /** What the attempt before it reported last. */
  progress?: unknown;
  /** `<job id>/test` by default. */
  effectKey?: string;
  /** Aborts the attempt. Without it, nothing does. */
  signal?: AbortSignal;
  /** The database of the job. Without it, a job that uses one fails. */
  db?: Pool;
}

/** How one attempt ended. */
export interface OnceOutcome<Result> {
  status: 'completed' | 'failed';
  /** What the function returned. */
  result?: Result;
  /** What the function threw. */
  error?: unknown;
  /** Milliseconds from the failure to the next attempt; null if the job has none, or this one did not fail. */
  nextAttemptInMs: number | null;
  effectKey: string;
  /** Every progress that was reported, the oldest first. */
  heartbeats: unknown[];
  logs: LogLine[];
}

/**
 * Makes one attempt of a job that is one function, by calling the function directly, without an engine and without waiting. The job's
 * schema validates the input first.
 * @throws {ZodError} if the input does not fit the schema. What the function throws is in the outcome.
 */
export async function runOnce<Job extends FunctionJob>(
  job: Job,
  input: InputOf<Job>,
  {
    attempt = 1,
    progress,
    effectKey,
    signal = new AbortController().signal,
    db = noDatabase,
  }: OnceOptions = {},
): Promise<OnceOutcome<ResultOf<Job>>> {
  const parsed = acceptInput(job, input);
  const heartbeats: unknown[] = [];
  const logs: LogLine[] = [];
  const context: RunContext = {
    attempt,
    signal,
    logger: collectingLogger(logs),
    heartbeat: (reported) => void heartbeats.push(reported),
    progress,
    effectKey: effectKey ?? `${jobId(job, parsed)}/test`,
    db,
  };
  const seen = { effectKey: context.effectKey, heartbeats, logs };
  try {
    const result = (await job.run(parsed, context)) as ResultOf<Job>;
    return { status: 'completed', result, nextAttemptInMs: null, ...seen };
  } catch (error) {
    return { status: 'failed', error, nextAttemptInMs: waitBeforeNext(job, error, attempt), ...seen };
  }
}

function waitBeforeNext({ policy }: FunctionJob, error: unknown, attempt: number): number | null {
  const { retry } = policy;
  const { nonRetryable, nextRetryDelay } = asFailure(error, retry, attempt);
  const isLast = retry.maximumAttempts > 0 && attempt >= retry.maximumAttempts;
  if (nonRetryable === true || isLast) return null;
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : waitAfter(retry, attempt);
}
