import type { Client } from '@temporalio/client';
import { createPendingEmails } from '../emails/pending-emails.ts';
import type { RunnableService } from '../hosted-services/define-service.ts';
import { createOutboxRelay } from '../hosted-services/outbox-relay.ts';
import { ownServices } from '../hosted-services/own-services.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Broker } from '../messages/broker/broker.ts';
import { createMessagePublisher } from '../messages/publisher.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import { createWorkQueueService } from '../work-queue/service.ts';

/** What the library's own services need. */
export interface OwnServiceDeps {
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  mailer: Mailer;
  broker: Broker;
  /** The queues that messages are published to. */
  queues: readonly string[];
  /** The kinds of work, each with its code. */
  workKinds: WorkKindRegistry;
  settings: { OUTBOX_STARTS_PER_SECOND: number; WORK_QUEUE_CONCURRENCY: number };
}

/** The library's own services with their code. Each run of one is made anew: what it counts begins at nothing. */
export function createOwnServices(deps: OwnServiceDeps): RunnableService[] {
  const { temporal, jobs, jobRules, mailer, broker, queues, workKinds, settings } = deps;
  return [
    {
      ...ownServices['outbox-relay'],
      run: (scope) =>
        createOutboxRelay({
          temporal,
          jobs,
          jobRules,
          startsPerSecond: settings.OUTBOX_STARTS_PER_SECOND,
        }).run(scope),
    },
    { ...ownServices['pending-emails'], run: (scope) => createPendingEmails({ mailer }).run(scope) },
    {
      ...ownServices['work-queue'],
      run: (scope) =>
        createWorkQueueService({ kinds: workKinds, concurrency: settings.WORK_QUEUE_CONCURRENCY }).run(scope),
    },
    {
      ...ownServices['message-publisher'],
      run: (scope) => createMessagePublisher({ broker, queues }).run(scope),
    },
  ];
}
