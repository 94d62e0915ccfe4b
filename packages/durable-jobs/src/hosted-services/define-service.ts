import { checkOptions, nameOfDeclaration, optionOf } from '../values/check-options.ts';
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

/** Defines a hosted service. @throws {TypeError} that names each option that is unknown, missing or not valid. */
export function defineService<Service extends ServiceDefinition>(definition: Service): Service {
  checkOptions<ServiceDefinition>(nameOfDeclaration('defineService', definition, 'id'), definition, {
    id: optionOf.name,
    description: optionOf.text,
    channel: optionOf.name,
    onEveryWorker: optionOf.flag.optional(),
    run: optionOf.function.optional(),
  });
  return definition;
}
