import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Pool } from 'pg';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { PermanentError, RetryAfterError } from './errors.ts';
import { checkProgress, checkResult } from './result.ts';
import { waitAfter, type RetryPlan } from './retry.ts';
import type { RunActivities, RunOrigin, RunPolicy } from './policy.ts';

/** What a job's function is given beside its input. */
export interface RunContext {
  /** From 1. */
  attempt: number;
  /** Aborts when the job is cancelled, its time is up, or the worker stops: pass it to what takes long. */
  signal: AbortSignal;
  /** Its lines have the job's id. */
  logger: Logger;
  /**
   * Reports how far the job is, as JSON of at most 16 KiB: `GET /api/jobs/:id` shows it, so it never holds personal data. The next attempt gets it as
   * {@link RunContext.progress}.
   */
  heartbeat: (progress: unknown) => void;
  /** What the last attempt said last; undefined in the first. */
  progress: unknown;
  /**
   * The same for each attempt of this job, also when an operator starts it again, and different for every other job: the key of what must happen once, such as a
   * provider's idempotency key, or a row of one's own.
   */
  effectKey: string;
  /** Connections to the database that the library works in, as its role finds its own tables there. */
  db: Pool;
}

/** A job that is one function, as a worker runs it. */
export interface RunnableJob {
  type: string;
  policy: RunPolicy;
  run(input: object, context: RunContext): Promise<unknown>;
}

/** What the functions of jobs are run with. */
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

/** The activity by which the workflow of such jobs knows their policies. */
export function createPolicyActivities(jobs: readonly RunnableJob[]): RunActivities {
  const policies = new Map(jobs.map(({ type, policy }) => [type, policy]));
  return {
    /** Reads a job's policy from its definition. A repeat reads it again. */
    readRunPolicy({ type }) {
      const policy = policies.get(type);
      return policy
        ? Promise.resolve(policy)
        : Promise.reject(ApplicationFailure.nonRetryable(`there is no job ${type}`, 'JobUnknown'));
    },
  };
}

/** The functions of jobs as activities, each by the name of its job. */
export function createRunActivities(
  jobs: readonly RunnableJob[],
  deps: RunDeps,
): Record<string, RunActivity> {
  return Object.fromEntries(
    jobs.map((job) => [job.type, (input, origin) => runOnce(job, input, { ...deps, ...origin })]),
  );
}

/** One attempt. A repeat is as safe as the function makes it, with its effect key. */
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
    // What the function throws because it was told to stop is the cancellation, whatever its kind.
    if (context.cancellationSignal.aborted) throw cancellation(context.cancellationSignal.reason, error);
    // Named as an outage on the way out. What looks like one may be another server's that the function has called.
    if (isDatabaseUnavailable(error) && !(await succeeds(checkDatabase))) throw error;
    throw asFailure(error, job.policy.retry, attempt);
  } finally {
    clearInterval(timer);
  }
}

function cancellation(reason: unknown, error: unknown): unknown {
  return reason instanceof CancelledFailure ? reason : error;
}

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  return check().then(
    () => true,
    () => false,
  );
}

/** What a function threw after so many attempts, as the engine takes it. */
export function asFailure(error: unknown, plan: RetryPlan, attempts: number): ApplicationFailure {
  if (error instanceof PermanentError) {
    const { message, code: type } = error;
    return ApplicationFailure.create({ message, type, nonRetryable: true, cause: error });
  }
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
