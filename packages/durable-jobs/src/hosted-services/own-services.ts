import { jobEndsChannel } from '../jobs/flow/channel.ts';
import { outboxChannel } from '../jobs/outbox/channel.ts';
import type { ServiceDefinition } from './define-service.ts';

/** The services of every application, without their code, which workers add. */
export const ownServices = {
  'outbox-relay': {
    id: 'outbox-relay',
    description: 'Starts jobs that were committed but have not started yet.',
    channel: outboxChannel,
  },
  continuations: {
    id: 'continuations',
    description:
      'Starts the jobs that wait for others to end or at their limits, completes groups of jobs, and carries out cancellations by SQL.',
    channel: jobEndsChannel,
  },
  'pending-emails': {
    id: 'pending-emails',
    description: 'Sends pending emails, whichever program wrote them.',
    channel: 'pending_emails',
  },
  'work-queue': {
    id: 'work-queue',
    description: 'Processes the items of the work queue.',
    channel: 'work_items',
    onEveryWorker: true,
  },
  'message-publisher': {
    id: 'message-publisher',
    description: 'Publishes messages that were committed but have not been published yet.',
    channel: 'outgoing_messages',
  },
} as const satisfies Record<string, ServiceDefinition>;
