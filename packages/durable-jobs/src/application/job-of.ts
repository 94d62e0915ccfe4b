import { kebabCase, type JobDefinition } from '../jobs/job-definition.ts';
import type { JobRegistry } from '../jobs/registry.ts';

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

/** Returns the definition of a job by the job's id; undefined if the application has none. */
export function definitionOf(jobs: JobRegistry, id: string): JobDefinition | undefined {
  const [prefix] = id.split(':');
  return jobs.all.find(({ type }) => kebabCase(type) === prefix);
}
