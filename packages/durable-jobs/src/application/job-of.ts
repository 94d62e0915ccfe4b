import { kebabCase, type JobDefinition } from '../jobs/job-definition.ts';
import type { JobRegistry } from '../jobs/registry.ts';

/** The job of a definition and a key, or of the id that they make. */
export interface JobReference<Job extends JobDefinition = JobDefinition> {
  job: Job;
  /** What the definition makes of the input, or the caller's own `dedupeKey`. */
  key: string;
}

/** The id of a job that is named by its id, or by its definition and key. */
export function idOf(job: string | JobReference): string {
  return typeof job === 'string' ? job : `${kebabCase(job.job.type)}:${job.key}`;
}

/** The definition of a job, by its id; undefined where the application has none. */
export function definitionOf(jobs: JobRegistry, id: string): JobDefinition | undefined {
  const [prefix] = id.split(':');
  return jobs.all.find(({ type }) => kebabCase(type) === prefix);
}
