import type { ServiceId } from '../../contracts/services.ts';
import type { ServiceDeps } from './deps.ts';
import type { HostedService } from './hosted-service.ts';
import { createOutboxRelay } from './outbox-relay.ts';

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
