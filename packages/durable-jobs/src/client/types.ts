import type { components, operations } from './openapi.ts';
import type { resultType } from './job-types.ts';

/** A job with its attempts, planned attempts, result and failure. */
export type Job = components['schemas']['Job'];
/** A job after an action, and the effect of the action. */
export type ActedOnJob = components['schemas']['ActedOnJob'];
/** A job as lists return it. */
export type ListedJob = components['schemas']['JobPage']['items'][number];
/** Why a job is in its state. */
export type Why = operations['explainJob']['responses'][200]['content']['application/json'];
/** Filter of a list of jobs. */
export type JobFilter = Omit<NonNullable<operations['listJobs']['parameters']['query']>, 'cursor' | 'limit'>;

/** Options of a start. */
export interface StartOptions {
  /** Delay before the job starts, such as `7d`. */
  delay?: string;
  /** Earliest time at which the job starts. */
  startAt?: Date;
  /** Latest time at which the job may start. */
  expiresAt?: Date;
  /** Like `expiresAt`, but relative to the time at which the job may start, such as `1h`. */
  expiresIn?: string;
  /** Starts the job once per key: a repeat returns the first start. With a key, the client retries a start whose response was lost. */
  dedupeKey?: string;
  signal?: AbortSignal;
}

/** A start that the API has accepted. */
export type Started<Result = unknown> =
  operations['startJob']['responses'][202]['content']['application/json'] & {
    /** Carries the type of the job's result for {@link Client.result}; not present at run time. */
    readonly [resultType]?: Result;
  };

/** The reason for an action, which is shown with the job and in the audit trail. Must not contain personal data. */
export interface Reasoned {
  reason?: string;
  signal?: AbortSignal;
}

/** Options of a retry. */
export interface RetryOptions extends Reasoned {
  /** `attempt` only makes the next attempt of an open job now, `run` only starts a job again that has ended. */
  scope?: 'attempt' | 'run';
}

/** Options of a wait. */
export interface WaitOptions {
  /** Time limit in milliseconds; unlimited by default. */
  timeout?: number;
  signal?: AbortSignal;
}
