/** What a hosted service is to people, and the PostgreSQL channel whose notifications wake it. */
interface ServiceDescription {
  description: string;
  channel: string;
}

/** Every hosted service, by id. Its work is in activities/services, its runs are the workflow `hostService`. */
export const hostedServices = {
  'outbox-relay': {
    description: 'Starts the jobs whose start was committed and not yet made.',
    channel: 'outbox',
  },
  'pending-emails': {
    description: 'Sends the emails that are pending, whoever wrote them.',
    channel: 'pending_emails',
  },
  'work-queue': {
    description: 'Works off the items of the work queue.',
    channel: 'work_items',
  },
  'message-publisher': {
    description: 'Publishes the messages that were committed and not yet published.',
    channel: 'outgoing_messages',
  },
  'order-consumer': {
    description: 'Starts a job for each order that arrives in the queue `orders-queue`.',
    channel: 'queued_messages',
  },
} as const satisfies Record<string, ServiceDescription>;

/** The id of a hosted service. */
export type ServiceId = keyof typeof hostedServices;

/** Every service's id, in the order in which they are listed to people. */
export const serviceIds = Object.keys(hostedServices) as [ServiceId, ...ServiceId[]];
