import type { ApiDefinitions } from '../api/open-api.ts';
import { defineCallHttp } from '../call-http/call-http.ts';
import { httpTargets } from '../call-http/target.ts';
import { ConfigError } from '../config/config.ts';
import { createServiceRegistry } from '../hosted-services/service-registry.ts';
import { createBulkTasks } from '../library-bulk-tasks.ts';
import { libraryJobEffects, libraryJobRules } from '../library-job-rules.ts';
import { createJobs } from '../library-jobs.ts';
import { messageChannel, type MessageConsumerDefinition } from '../messages/define-consumer.ts';
import { createWorkKinds } from '../work-queue/work-kinds.ts';
import type { FunctionJob } from '../jobs/run/define-job.ts';
import type { Definitions } from './options.ts';

/** What an application has, with the library's own. */
export interface Declared extends ApiDefinitions {
  consumers: readonly MessageConsumerDefinition[];
  /** Message queues, by name, with the address that the broker knows each by. */
  queues: Readonly<Record<string, string>>;
}

/**
 * Builds the registries of what an application declares.
 * @throws where two definitions have the same name; {ConfigError} where a target of `callHttp` is not valid.
 */
export function declare(given: Definitions): Declared {
  const { consumers = [] } = given;
  const bulkTasks = createBulkTasks({ tasks: given.bulkTasks ?? [], queries: given.bulkQueries ?? [] });
  return {
    jobs: createJobs([...(given.jobs ?? []), ...callHttpOf(given)], bulkTasks),
    jobRules: new Map([...libraryJobRules, ...(given.rules ?? [])]),
    jobEffects: new Map([...libraryJobEffects, ...(given.effects ?? [])]),
    bulkTasks,
    workKinds: createWorkKinds(given.workItems ?? []),
    services: createServiceRegistry([
      ...(given.services ?? []),
      ...consumers.map(({ id, description }) => ({ id, description, channel: messageChannel })),
    ]),
    taskQueues: given.taskQueues ?? {},
    subjectOf: given.subjectOf ?? (() => Promise.resolve(undefined)),
    consumers,
    queues: { ...Object.fromEntries(consumers.map(({ queue }) => [queue, queue])), ...given.queues },
  };
}

/** The job that calls an HTTP endpoint, where an application has targets. */
function callHttpOf({ httpTargets: targets }: Definitions): FunctionJob[] {
  if (targets === undefined) return [];
  const parsed = httpTargets.safeParse(targets);
  if (parsed.success) return [defineCallHttp(parsed.data)];
  throw new ConfigError(
    parsed.error.issues.map(
      ({ path, message }) => `${['httpTargets', ...path.map(String)].join('.')}: ${message}`,
    ),
  );
}
