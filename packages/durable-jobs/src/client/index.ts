/** A typed client of the API for other services and for browsers. It requires only `fetch`, and loads nothing else of the library. */
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
