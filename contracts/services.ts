import { defineService, messageChannel } from 'durable-jobs/define';
import { createServiceRegistry } from 'durable-jobs/hosted-services';

/** Consumes the orders that other programs send; activities/services/order-consumer.ts has its code. */
export const orderConsumer = defineService({
  id: 'order-consumer',
  description: 'Starts a job for each order that arrives in the queue orders-queue.',
  channel: messageChannel,
  onEveryWorker: true,
});

/** Every hosted service: the library's and the application's. */
export const services = createServiceRegistry([orderConsumer]);
