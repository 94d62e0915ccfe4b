import type { JobDefinition } from '../jobs/job-definition.ts';
import { idFault, idOfKey } from '../jobs/job-key.ts';

/** Identifies a job by its definition and key, which together determine its id. */
export interface JobReference<Job extends JobDefinition = JobDefinition> {
  job: Job;
  /** The key that the definition derives from the input, or the caller's `dedupeKey`. */
  key: string;
}

/**
 * Returns the id of a job that is given by its id, or by its definition and key.
 * @throws {TypeError} if it is no id; {JobKeyError} if the key is not valid.
 */
export function idOf(job: string | JobReference): string {
  if (typeof job === 'object') return idOfKey(job.job.type, job.key);
  const fault = idFault(job);
  if (fault !== undefined) throw new TypeError(`The id of the job ${fault}.`);
  return job;
}
