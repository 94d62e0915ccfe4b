import type { components, operations } from './openapi.ts';
import type { resultType } from './job-types.ts';

/** A job with its attempts, planned attempts, result and failure. */
export type Job = components['schemas']['Job'];
/** A job after an action, and what that did. */
export type ActedOnJob = components['schemas']['ActedOnJob'];
/** A job as a list has it. */
export type ListedJob = components['schemas']['JobPage']['items'][number];
/** Why a job is where it is. */
export type Why = operations['explainJob']['responses'][200]['content']['application/json'];
/** Which jobs are listed. */
export type JobFilter = Omit<NonNullable<operations['listJobs']['parameters']['query']>, 'cursor' | 'limit'>;

/** What may be said of a start. */
export interface StartOptions {
  /** How long the start is delayed, such as `7d`. */
  delay?: string;
  /** When the job starts at the earliest. */
  startAt?: Date;
  /** The job does not start later than this. */
  expiresAt?: Date;
  /** As `expiresAt`, counted from the time at which the job may start, such as `1h`. */
  expiresIn?: string;
  /**
   * Starts the job once for each key: a repeat returns the first start. With a key, the client repeats a start whose answer it
   * did not get.
   */
  dedupeKey?: string;
  signal?: AbortSignal;
}

/** A start that the API has accepted. */
export type Started<Result = unknown> =
  operations['startJob']['responses'][202]['content']['application/json'] & {
    /** Only the type of the job's result, for {@link Client.result}. */
    readonly [resultType]?: Result;
  };

/** Why something is done, for those who look at the job and at the audit trail later. Without personal data. */
export interface Reasoned {
  reason?: string;
  signal?: AbortSignal;
}

/** How long a caller waits. */
export interface WaitOptions {
  /** In milliseconds; without it, the wait has no end of its own. */
  timeout?: number;
  signal?: AbortSignal;
}
