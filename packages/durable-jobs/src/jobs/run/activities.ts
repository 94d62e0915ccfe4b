import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Pool } from 'pg';
import { isDatabaseOutage } from '../../database/unavailable.ts';
import { failureTypes } from '../../engine/failure-types.ts';
import { isLibraryFailure } from '../../engine/library-failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { PermanentError, RetryAfterError } from './errors.ts';
import { checkProgress, checkResult } from './result.ts';
import { waitAfter, type RetryPlan } from './retry.ts';
import type { RunActivities, RunOrigin, RunPolicy } from './policy.ts';

/** The context that a job's function receives in addition to its input. */
export interface RunContext {
  /** Number of the attempt, from 1. */
  attempt: number;
  /** Aborts when the job is cancelled, its time is up, or the worker stops. Pass it to long operations. */
  signal: AbortSignal;
  /** Logger that adds the job's id to each line. */
  logger: Logger;
  /**
   * Reports the job's progress as JSON of at most 16 KiB. `GET /api/jobs/:id` shows it, so it must not contain personal data. The next
   * attempt receives it as {@link RunContext.progress}.
   */
  heartbeat: (progress: unknown) => void;
  /** The last progress report of the previous attempt; undefined in the first attempt. */
  progress: unknown;
  /**
   * Key that is the same for every attempt of this job, including an operator's retries, and different for every other job. Use it for
   * effects that must happen once, as a provider's idempotency key or a row of your own.
   */
  effectKey: string;
  /** Connection pool of the library's database, in which the search path of the role finds your own tables. */
  db: Pool;
}

/** A `defineJob` job as a worker runs it. */
export interface RunnableJob {
  type: string;
  policy: RunPolicy;
  run(input: object, context: RunContext): Promise<unknown>;
}

/** Dependencies of job functions. */
export interface RunDeps {
  db: Pool;
  logger: Logger;
  /** Resolves if our own database answers. */
  checkDatabase: () => Promise<unknown>;
}

/** A job's function as an activity. */
type RunActivity = (input: object, origin: RunOrigin) => Promise<unknown>;

/** Several in a heartbeat time-out. */
const HEARTBEAT_MS = 5_000;

/** Creates the activity with which the workflow of such jobs reads their policies. */
export function createPolicyActivities(jobs: readonly RunnableJob[]): RunActivities {
  const policies = new Map(jobs.map(({ type, policy }) => [type, policy]));
  return {
    /** Reads a job's policy from its definition. A repeat reads it again. */
    readRunPolicy({ type }) {
      const policy = policies.get(type);
      return policy
        ? Promise.resolve(policy)
        : Promise.reject(
            ApplicationFailure.nonRetryable(
              `this worker does not have the job ${type}`,
              failureTypes.jobUnknown,
            ),
          );
    },
  };
}

/** Creates the activities of job functions, each named after its job. */
export function createRunActivities(
  jobs: readonly RunnableJob[],
  deps: RunDeps,
): Record<string, RunActivity> {
  return Object.fromEntries(
    jobs.map((job) => [job.type, (input, origin) => runOnce(job, input, { ...deps, ...origin })]),
  );
}

/** Runs one attempt. A repeat is as safe as the function makes it with its effect key. */
async function runOnce(
  job: RunnableJob,
  input: object,
  { db, logger, checkDatabase, effectKey, attemptsBefore }: RunDeps & RunOrigin,
): Promise<unknown> {
  const context = Context.current();
  const attempt = attemptsBefore + context.info.attempt;
  const before: unknown = context.info.heartbeatDetails;
  let progress = before;
  const heartbeat = (details: unknown): void => {
    progress = details;
    context.heartbeat(details);
  };
  const timer = setInterval(() => heartbeat(progress), HEARTBEAT_MS);
  try {
    const result = await job.run(input, {
      attempt,
      signal: context.cancellationSignal,
      logger,
      heartbeat: (details) => heartbeat(checkProgress(details)),
      progress: before,
      effectKey,
      db,
    });
    return checkResult(result);
  } catch (error) {
    // Whatever the function throws after a stop was requested counts as the cancellation.
    if (context.cancellationSignal.aborted) throw cancellation(context.cancellationSignal.reason, error);
    // What looks like an outage may be another server's that the function has called.
    // It is named as an outage on the way out.
    if (await isDatabaseOutage(error, checkDatabase)) throw error;
    throw asFailure(error, job.policy.retry, attempt);
  } finally {
    clearInterval(timer);
  }
}

function cancellation(reason: unknown, error: unknown): unknown {
  return reason instanceof CancelledFailure ? reason : error;
}

/** Converts what a function threw, after a number of attempts, into a failure for the engine. */
export function asFailure(error: unknown, plan: RetryPlan, attempts: number): ApplicationFailure {
  if (error instanceof PermanentError) {
    const { message, code: type } = error;
    return ApplicationFailure.create({ message, type, nonRetryable: true, cause: error });
  }
  if (isLibraryFailure(error)) return error;
  const retryAfterMs = error instanceof RetryAfterError ? error.retryAfterMs : 0;
  const wait = waitAfter(plan, attempts);
  const nextRetryDelay =
    plan.delaysMs === undefined && retryAfterMs <= wait ? undefined : Math.max(wait, retryAfterMs);
  if (error instanceof ApplicationFailure) {
    if (nextRetryDelay === undefined || error.nonRetryable || error.nextRetryDelay !== undefined)
      return error;
    const { message, type, details, cause } = error;
    return ApplicationFailure.create({
      message,
      type: type ?? 'Error',
      details: details ?? [],
      ...(cause && { cause }),
      nextRetryDelay,
    });
  }
  return ApplicationFailure.create({
    message: error instanceof Error ? error.message : String(error),
    type: error instanceof RetryAfterError ? error.code : error instanceof Error ? error.name : 'Error',
    ...(error instanceof Error && { cause: error }),
    ...(nextRetryDelay !== undefined && { nextRetryDelay }),
  });
}
