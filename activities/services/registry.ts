import type { Client } from '@temporalio/client';
import type { ServiceId } from '../../contracts/services.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Mailer } from '../../platform/mail/mailer.ts';
import type { HostedService } from './hosted-service.ts';
import { createOutboxRelay } from './outbox-relay.ts';

/** What services are made from. */
export interface ServiceDeps {
  db: Db;
  mailer: Mailer;
  logger: Logger;
  /** For what a service starts or asks the engine itself. */
  temporal: Client;
}

/** Makes a service. It does nothing before it runs. */
export type ServiceFactory = (deps: ServiceDeps) => HostedService;

/** The services that the workers run. */
export type ServiceRegistry = Partial<Record<ServiceId, ServiceFactory>>;

/** Every service that is there. */
export const services = {
  'outbox-relay': createOutboxRelay,
} satisfies ServiceRegistry;

/** The ids of a registry's services. */
export function registeredIds(registry: ServiceRegistry): ServiceId[] {
  return Object.keys(registry) as ServiceId[];
}
