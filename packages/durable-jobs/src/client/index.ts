/** A typed client of the API, for other services and for browsers: it needs `fetch`, and nothing of the library's own. */
export { createClient, type Client, type ClientOptions, type Http } from './client.ts';
export { DurableJobsError, JobFailedError, type FieldError } from './errors.ts';
export type {
  ActedOnJob,
  Job,
  JobFilter,
  ListedJob,
  Reasoned,
  Started,
  StartOptions,
  WaitOptions,
  Why,
} from './types.ts';
export type { InputOf, JobTypes, ResultOf, TypeOf } from './job-types.ts';
