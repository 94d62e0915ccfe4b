import { refuseUnknown } from '../values/refuse-unknown.ts';
import type { HostedService } from './hosted-service.ts';

/**
 * A hosted service as an application declares it. A process that only lists services, such as the API, needs no `run`; workers
 * refuse to start without it.
 */
export interface ServiceDefinition extends Partial<HostedService> {
  /** Id of the service, its job, its row and its lock, such as `outbox-relay`. Renaming a released service is a breaking change. */
  id: string;
  /** One sentence that describes it to operators. */
  description: string;
  /** The PostgreSQL channel whose notifications wake it. */
  channel: string;
  /**
   * Runs the service on every worker at the same time, instead of on one: for work that is claimed under a lease, such as the rows of a
   * queue. A worker that starts joins within seconds, and the death of one does not affect the others.
   */
  onEveryWorker?: boolean;
}

/** A service with its code, as workers run it. */
export type RunnableService = ServiceDefinition & HostedService;

/** Defines a hosted service. @throws {TypeError} if an option does not exist. */
export function defineService<Service extends ServiceDefinition>(definition: Service): Service {
  refuseUnknown<ServiceDefinition>(`defineService ${definition.id}`, definition, {
    id: true,
    description: true,
    channel: true,
    onEveryWorker: true,
    run: true,
  });
  return definition;
}
