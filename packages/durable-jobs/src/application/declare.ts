import { readFileSync } from 'node:fs';
import type { ApiDefinitions } from '../api/open-api.ts';
import { defineCallHttp } from '../call-http/call-http.ts';
import { httpTargets } from '../call-http/target.ts';
import { ConfigError, type Environment } from '../config/config.ts';
import { createServiceRegistry } from '../hosted-services/service-registry.ts';
import { cleanUp } from '../upkeep/clean-up.ts';
import { createBulkTasks } from '../library-bulk-tasks.ts';
import { libraryJobEffects, libraryJobRules } from '../library-job-rules.ts';
import { createJobs } from '../library-jobs.ts';
import { serviceOf, type MessageConsumerDefinition } from '../messages/define-consumer.ts';
import { createWorkKinds } from '../work-queue/work-kinds.ts';
import type { FunctionJob } from '../jobs/run/define-job.ts';
import { errorMessage } from '../process/errors.ts';
import { parseJson } from '../values/parse-json.ts';
import type { Definitions } from './options.ts';

/** The registries of an application, including the library's own definitions. */
export interface Declared extends ApiDefinitions {
  consumers: readonly MessageConsumerDefinition[];
  /** Message queues by name, with the broker's address of each. */
  queues: Readonly<Record<string, string>>;
}

/**
 * Creates the registries from what an application declares.
 * @throws if two definitions have the same name; {ConfigError} if a target of `callHttp` is not valid.
 */
export function declare(given: Definitions, env: Environment): Declared {
  const { consumers = [] } = given;
  const bulkTasks = createBulkTasks({ tasks: given.bulkTasks ?? [], queries: given.bulkQueries ?? [] });
  return {
    jobs: createJobs([...(given.jobs ?? []), ...callHttpOf(given, env)], bulkTasks),
    jobRules: new Map([...libraryJobRules, ...(given.rules ?? [])]),
    jobEffects: new Map([...libraryJobEffects, ...(given.effects ?? [])]),
    bulkTasks,
    workKinds: createWorkKinds(given.workItems ?? []),
    services: createServiceRegistry([
      ...(given.services ?? []).filter(({ id }) => id !== cleanUp.id),
      cleanUp,
      ...consumers.map(serviceOf),
    ]),
    taskQueues: given.taskQueues ?? {},
    subjectOf: given.subjectOf ?? (() => Promise.resolve(undefined)),
    consumers,
    queues: { ...Object.fromEntries(consumers.map(({ queue }) => [queue, queue])), ...given.queues },
  };
}

/** Returns the job that calls an HTTP endpoint, if the application has targets. */
function callHttpOf({ httpTargets: given }: Definitions, env: Environment): FunctionJob[] {
  const file = env.HTTP_TARGETS_FILE;
  if (given === undefined && (file === undefined || file === '')) return [];
  const [name, targets] =
    given === undefined ? ['HTTP_TARGETS_FILE', readTargets(file ?? '')] : ['httpTargets', given];
  const parsed = httpTargets.safeParse(targets);
  if (parsed.success) return [defineCallHttp(parsed.data)];
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => {
      const isMissing = path.length > 0 && valueAt(targets, path) === undefined;
      return `${[name, ...path.map(String)].join('.')}: ${isMissing ? 'is missing' : message}`;
    }),
  );
}

/** @throws {ConfigError} if the file can't be read or is not JSON. */
function readTargets(file: string): unknown {
  try {
    return parseJson(readFileSync(file));
  } catch (error) {
    throw new ConfigError([`HTTP_TARGETS_FILE: ${errorMessage(error)}`]);
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  );
}
