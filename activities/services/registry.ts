import type { ServiceId } from '../../contracts/services.ts';
import type { ServiceDeps } from '../../packages/durable-jobs/src/hosted-services/deps.ts';
import type { HostedService } from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import { createMessagePublisher } from '../../packages/durable-jobs/src/messages/publisher.ts';
import { createOrderConsumer } from './order-consumer.ts';
import { createOutboxRelay } from '../../packages/durable-jobs/src/jobs/outbox/relay-service.ts';
import { createPendingEmails } from '../../packages/durable-jobs/src/emails/pending-emails.ts';
import { createWorkQueueService } from '../../packages/durable-jobs/src/work-queue/service.ts';

/** Makes a service. It does nothing before it runs. */
export type ServiceFactory = (deps: ServiceDeps) => HostedService;

/** Services by id; a test may have some of them. */
export type ServiceRegistry = Partial<Record<ServiceId, ServiceFactory>>;

/** The services that the workers run: each that the contracts name. */
export const services = {
  'outbox-relay': createOutboxRelay,
  'pending-emails': createPendingEmails,
  'work-queue': ({ settings, ...deps }) =>
    createWorkQueueService({ deps, concurrency: settings.WORK_QUEUE_CONCURRENCY }),
  'message-publisher': createMessagePublisher,
  'order-consumer': createOrderConsumer,
} satisfies Record<ServiceId, ServiceFactory>;

/** The ids of a registry's services. */
export function registeredIds(registry: ServiceRegistry): ServiceId[] {
  return Object.keys(registry) as ServiceId[];
}
