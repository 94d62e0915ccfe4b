import { randomUUID } from 'node:crypto';
import { createMessageConsumer } from '../../packages/durable-jobs/src/messages/consumer.ts';
import { createMessagePublisher } from '../../packages/durable-jobs/src/messages/publisher.ts';
import { createOrderConsumer } from '../../activities/services/order-consumer.ts';
import { queues } from '../../contracts/names.ts';
import type { Broker, Message } from '../../packages/durable-jobs/src/messages/broker/broker.ts';
import { runService, type RunningService } from './service-scope.ts';
import type { Service } from './service.ts';

/** A user who can order. */
export async function registerUser(service: Service): Promise<string> {
  const { body } = await service.request('POST', '/api/auth/register', {
    email: `ada-${randomUUID()}@example.com`,
    name: 'Ada',
    password: 'correct horse',
  });
  return (body as { id: string }).id;
}

/** The body of an order. */
export const orderOf = (userId: string, change: object = {}) => ({
  userId,
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
  paymentMethod: 'pm_card_visa',
  ...change,
});

/** A message as another program sends it. */
export function orderMessage(body: unknown, change: Partial<Message> = {}): Message {
  return {
    id: randomUUID(),
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    contentType: 'application/json',
    correlationId: null,
    properties: {},
    ...change,
  };
}

/** Publishes to the queue of orders, as another program does. */
export async function send(broker: Broker, ...messages: Message[]): Promise<void> {
  const publisher = await broker.openPublisher(queues.orders);
  try {
    await Promise.all(messages.map((message) => publisher.publish(message)));
  } finally {
    await publisher.close();
  }
}

/** Runs the publisher of a service on a broker. */
export function runPublisher(service: Service, broker: Broker): RunningService {
  return runService(
    'message-publisher',
    createMessagePublisher({ broker, queues: [queues.orders] }),
    service,
  );
}

/** Runs the consumer of a service on a broker. */
export function runConsumer(
  service: Service,
  broker: Broker,
  { credit = 10, maxFailures = 3 }: { credit?: number; maxFailures?: number } = {},
): RunningService {
  const consumer = createMessageConsumer(createOrderConsumer({ credit }), {
    broker,
    dispatcher: service.dispatcher,
    maxFailures,
  });
  return runService(consumer.id, consumer, service);
}
