import { pino } from 'pino';
import { jobs as shopJobs } from '../../contracts/catalogue.ts';
import { jobRules } from '../../domain/job-rules.ts';
import type { JobDefinition } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import type { StartDeps } from '../../packages/durable-jobs/src/jobs/outbox/make-start.ts';
import { createJobRegistry } from '../../packages/durable-jobs/src/jobs/registry.ts';
import type { Service } from './service.ts';

/** Returns the dependencies of passes over the starts of a service, which may start later, with jobs of the test's own. */
export function startDeps(service: Service, ownJobs: readonly JobDefinition[] = []): StartDeps {
  return {
    get db() {
      return service.db;
    },
    get client() {
      return service.client;
    },
    jobs: createJobRegistry([...shopJobs.all, ...ownJobs]),
    jobRules,
    logger: pino({ level: 'silent' }),
  };
}
