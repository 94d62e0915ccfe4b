/** What an application declares its jobs, services, work items, bulk tasks and consumers with, and starts jobs by. */
export {
  createDurableJobs,
  type ApplicationParts,
  type DurableJobs,
} from './application/create-durable-jobs.ts';
export { JobFailedError, JobNotEndedError, JobNotFoundError } from './application/errors.ts';
export type { JobReference } from './application/job-of.ts';
export type { ResultOptions } from './application/job-result.ts';
export type {
  ApplicationRoutes,
  DurableJobsOptions,
  HttpTargetOptions,
  RoutesContext,
  RunWorkerOptions,
  TemporalOptions,
} from './application/options.ts';
export type { StartedJob } from './application/start-job.ts';
export * from './define.ts';
