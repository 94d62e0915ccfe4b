import { kebabCase, type JobDefinition } from '../jobs/job-definition.ts';

/** Identifies a job by its definition and key, which together determine its id. */
export interface JobReference<Job extends JobDefinition = JobDefinition> {
  job: Job;
  /** The key that the definition derives from the input, or the caller's `dedupeKey`. */
  key: string;
}

/** Returns the id of a job that is given by its id, or by its definition and key. */
export function idOf(job: string | JobReference): string {
  return typeof job === 'string' ? job : `${kebabCase(job.job.type)}:${job.key}`;
}
