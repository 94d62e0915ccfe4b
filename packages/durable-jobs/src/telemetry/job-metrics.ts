import { Counter, Histogram } from 'prom-client';
import { registry } from './registry.ts';

/** How a job ended, as its worker sees it. Terminations, which only the engine sees, are missing. */
export type JobOutcome = 'completed' | 'failed' | 'cancelled';

/** How an attempt of an activity ended. `deferred`: it continues elsewhere and is completed from there. */
export type AttemptOutcome = 'completed' | 'failed' | 'cancelled' | 'deferred';

/** From milliseconds, for a job that is started immediately, to the day that a job may wait for someone. */
const jobBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400];

/** Jobs whose first run began, by type. */
export const jobsStarted = new Counter({
  name: 'durable_jobs_jobs_started_total',
  help: 'Jobs that a worker has started, by type.',
  labelNames: ['type'],
  registers: [registry],
});

/** Jobs that ended, by type and outcome. */
export const jobsEnded = new Counter({
  name: 'durable_jobs_jobs_ended_total',
  help: 'Jobs that have ended, by type and outcome: completed, failed or cancelled.',
  labelNames: ['type', 'outcome'],
  registers: [registry],
});

/** Time from acceptance to start. */
export const jobWait = new Histogram({
  name: 'durable_jobs_job_wait_seconds',
  help: 'Time from when a job was accepted, or was due to start, until a worker started it, by type.',
  labelNames: ['type'],
  buckets: jobBuckets,
  registers: [registry],
});

/** Time from start to end. */
export const jobDuration = new Histogram({
  name: 'durable_jobs_job_duration_seconds',
  help: 'Time from when a worker started a job until it ended, including waits, by type and outcome.',
  labelNames: ['type', 'outcome'],
  buckets: jobBuckets,
  registers: [registry],
});

/** Outcomes of committed starts. */
export const startsMade = new Counter({
  name: 'durable_jobs_starts_total',
  help: 'Starts of committed jobs, by what made them (request or relay) and outcome: made, existing (the job existed), waiting (for an open run to end, at a limit, or until its key is quiet), replaced (by another start of its key), failed, or left (to the relay, as too many waited).',
  labelNames: ['by', 'outcome'],
  registers: [registry],
});

/** Attempts of activities. */
export const activityAttempts = new Counter({
  name: 'durable_jobs_activity_attempts_total',
  help: 'Attempts of activities, by job type, activity and outcome: completed, failed, cancelled or deferred.',
  labelNames: ['type', 'activity', 'outcome'],
  registers: [registry],
});

/** Attempts after a failed one. */
export const activityRetries = new Counter({
  name: 'durable_jobs_activity_retries_total',
  help: 'Attempts that were not the first, by job type and activity.',
  labelNames: ['type', 'activity'],
  registers: [registry],
});

/** Duration of attempts. */
export const activityDuration = new Histogram({
  name: 'durable_jobs_activity_duration_seconds',
  help: 'Duration of attempts of activities, by activity and outcome.',
  labelNames: ['activity', 'outcome'],
  buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 20, 60, 300, 1_800],
  registers: [registry],
});
