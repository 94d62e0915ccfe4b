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
}

/** A service with its code, as workers run it. */
export type RunnableService = ServiceDefinition & HostedService;

/** Defines a hosted service. */
export function defineService<Service extends ServiceDefinition>(definition: Service): Service {
  return definition;
}
