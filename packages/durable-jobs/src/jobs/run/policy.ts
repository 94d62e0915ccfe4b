import type { RetryPlan } from './retry.ts';

/** Policy of a job that is one function. It is recorded in each run's history when the run begins, so that the run keeps it. */
export interface RunPolicy {
  /** The queue whose workers run the function. */
  taskQueue: string;
  /** For one attempt; in milliseconds. */
  timeoutMs: number;
  retry: RetryPlan;
}

/** What the workflow passes to the function's activity in addition to the job's input. */
export interface RunOrigin {
  /** See `effectKey` of the function's context. */
  effectKey: string;
  /** Counted attempts before this activity: after an outage that does not count, the engine restarts at 1. */
  attemptsBefore: number;
}

/** The activities that the workflow of such a job calls, beside the one that has the job's own name. */
export interface RunActivities {
  readRunPolicy: (job: { type: string }) => Promise<RunPolicy>;
}
