import type { JobDefinition } from './job-definition.ts';
import { checkTypeName } from './job-key.ts';
import { kebabCase } from './kebab-case.ts';

/** All job types of an application, including the library's own. Created once and passed to the code that needs it. */
export interface JobRegistry {
  /** Every definition, in the order in which pages list them. */
  readonly all: readonly JobDefinition[];
  /** The workflow types of {@link all}. */
  readonly types: readonly string[];
  /** The types that people and schedules may start. */
  readonly schedulable: readonly string[];
  /** Whether a workflow type is that of a job. */
  has: (type: string) => boolean;
  /** The definition of a type; undefined if there is none. */
  find: (type: string) => JobDefinition | undefined;
  /** @throws if the type is unknown. */
  get: (type: string) => JobDefinition;
}

/** Returns the definition of a job by the job's id; undefined if the application has none. */
export function definitionOf(jobs: JobRegistry, id: string): JobDefinition | undefined {
  const [prefix] = id.split(':');
  return jobs.all.find(({ type }) => kebabCase(type) === prefix);
}

/**
 * Builds the registry of an application's jobs.
 * @throws if two definitions have the same type, or types whose jobs would have the same ids; {TypeError} if a type has a name that cannot be part of ids.
 */
export function createJobRegistry(all: readonly JobDefinition[]): JobRegistry {
  const byType = new Map<string, JobDefinition>();
  const byPrefix = new Map<string, string>();
  for (const job of all) {
    checkTypeName(job.type);
    if (byType.has(job.type)) throw new Error(`the job type ${job.type} is defined twice`);
    byType.set(job.type, job);
    const prefix = kebabCase(job.type);
    const other = byPrefix.get(prefix);
    if (other !== undefined)
      throw new Error(`The job types ${other} and ${job.type} would have the same ids, ${prefix}:<key>.`);
    byPrefix.set(prefix, job.type);
  }
  return {
    all,
    types: [...byType.keys()],
    schedulable: all.filter((job) => job.schedulable).map((job) => job.type),
    has: (type) => byType.has(type),
    find: (type) => byType.get(type),
    get(type) {
      const job = byType.get(type);
      if (!job) throw new Error(`the job type ${type} does not exist`);
      return job;
    },
  };
}
