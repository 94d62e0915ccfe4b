import type { Client } from '@temporalio/client';
import type { WorkerConfig } from '../config/config.ts';
import { auditCancellation } from '../access/audit-cancellation.ts';
import { createPendingEmails } from '../emails/pending-emails.ts';
import type { RunnableService, ServiceDefinition } from '../hosted-services/define-service.ts';
import { createContinuations } from '../hosted-services/continuations.ts';
import { createOutboxRelay } from '../hosted-services/outbox-relay.ts';
import { ownServices } from '../hosted-services/own-services.ts';
import { runnableServices } from '../hosted-services/service-registry.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Broker } from '../messages/broker/broker.ts';
import { createMessageConsumer } from '../messages/consumer.ts';
import { createMessagePublisher } from '../messages/publisher.ts';
import { createWorkQueueService } from '../work-queue/service.ts';
import { cleanUp, createCleanUp } from '../upkeep/clean-up.ts';
import type { LibraryRetentions } from '../upkeep/expired-rows.ts';
import type { WorkerApplication } from './application.ts';

/** Resources of hosted services, in addition to those that the application passes. */
export interface HostedServiceDeps {
  temporal: Client;
  mailer: Mailer;
  broker: Broker;
  dispatcher: Dispatcher;
  settings: Pick<
    WorkerConfig,
    'OUTBOX_STARTS_PER_SECOND' | 'WORK_QUEUE_CONCURRENCY' | 'MESSAGE_MAX_FAILURES'
  > &
    LibraryRetentions;
}

/** The parts of an application that are hosted. */
export type HostedApplication = Pick<
  WorkerApplication,
  'jobs' | 'jobRules' | 'services' | 'consumers' | 'queues' | 'workKinds'
>;

/**
 * Returns every hosted service of an application with its code, including the library's own.
 * @throws if a declared service has no code, or a consumer is not declared as a service.
 */
export function createHostedServices(
  application: HostedApplication,
  deps: HostedServiceDeps,
): RunnableService[] {
  const { broker, dispatcher, settings } = deps;
  const consumerDeps = { broker, dispatcher, maxFailures: settings.MESSAGE_MAX_FAILURES };
  return runnableServices(
    application.services.with([
      ...libraryServices(application, deps),
      ...application.consumers.map((consumer) => createMessageConsumer(consumer, consumerDeps)),
    ]),
  );
}

/** The library's own. Each run creates a new one, because its counts start at zero. */
function libraryServices(
  { jobs, jobRules, services, queues, workKinds }: HostedApplication,
  { temporal, mailer, broker, settings }: HostedServiceDeps,
): ServiceDefinition[] {
  const startsPerSecond = settings.OUTBOX_STARTS_PER_SECOND;
  const workQueue = createWorkQueueService({
    kinds: workKinds,
    concurrency: settings.WORK_QUEUE_CONCURRENCY,
  });
  return [
    {
      ...ownServices['outbox-relay'],
      run: (scope) => createOutboxRelay({ temporal, jobs, jobRules, startsPerSecond }).run(scope),
    },
    {
      ...ownServices.continuations,
      run: (scope) => createContinuations({ temporal, jobs, jobRules, audit: auditCancellation }).run(scope),
    },
    { ...ownServices['pending-emails'], run: (scope) => createPendingEmails({ mailer }).run(scope) },
    { ...ownServices['work-queue'], ...workQueue },
    {
      ...ownServices['message-publisher'],
      ...createMessagePublisher({ broker, queues: Object.keys(queues) }),
    },
    // For applications that have no clean-up of their own.
    ...(services.find(cleanUp.id) === cleanUp ? [{ ...cleanUp, ...createCleanUp(settings) }] : []),
  ];
}
