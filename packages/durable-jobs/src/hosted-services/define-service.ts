import type { HostedService } from './hosted-service.ts';

/**
 * A hosted service as an application declares it. A process that only lists services, such as the API, needs no `run`; workers
 * refuse to start without it.
 */
export interface ServiceDefinition extends Partial<HostedService> {
  /** Names the service's job, its row and its lock, such as `outbox-relay`. Renaming a released one is a breaking change. */
  id: string;
  /** One sentence for people. */
  description: string;
  /** The PostgreSQL channel whose notifications wake it. */
  channel: string;
}

/** A service with its code, as workers run it. */
export type RunnableService = ServiceDefinition & HostedService;

/** Lets a definition's type be inferred from what it holds. */
export function defineService<Service extends ServiceDefinition>(definition: Service): Service {
  return definition;
}
