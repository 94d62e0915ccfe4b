import type { RetryPlan } from './retry.ts';

/** How a job that is one function runs: recorded in each run's history when it begins, so that a run keeps what it began with. */
export interface RunPolicy {
  /** The queue whose workers run the function. */
  taskQueue: string;
  /** For one attempt; in milliseconds. */
  timeoutMs: number;
  retry: RetryPlan;
}

/** What the workflow tells the function's activity beside the job's input. */
export interface RunOrigin {
  /** See `effectKey` of what a job's function is given. */
  effectKey: string;
  /** Attempts that counted before this activity: after an outage that does not count, the engine begins at 1 again. */
  attemptsBefore: number;
}

/** The activities that the workflow of such a job calls, beside the one that has the job's own name. */
export interface RunActivities {
  readRunPolicy: (job: { type: string }) => Promise<RunPolicy>;
}
