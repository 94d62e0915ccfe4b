import { queues } from '../../../../../contracts/names.ts';
import type { WorkerConfig } from '../../config/config.ts';
import type { Db } from '../../database/connect.ts';
import { refuseInTransaction } from '../../database/in-transaction.ts';
import { createAmqpBroker } from './amqp-broker.ts';
import type { Broker } from './broker.ts';
import { createPostgresBroker } from './postgres-broker.ts';

/** What of the configuration says which broker there is. */
export type BrokerSettings = Pick<WorkerConfig, 'AMQP_URL' | 'AMQP_QUEUE' | 'AMQP_IDLE_TIMEOUT'>;

/**
 * The broker of the configuration: by AMQP 1.0 where there is an address of one, else the embedded queue. Neither is called inside
 * a database transaction.
 */
export function createBroker(settings: BrokerSettings, db: Db): Broker {
  const broker = chooseBroker(settings, db);
  return {
    ...broker,
    async openPublisher(queue) {
      refuseInTransaction('the broker was called');
      const publisher = await broker.openPublisher(queue);
      return {
        ...publisher,
        async publish(message) {
          refuseInTransaction('the broker was called');
          await publisher.publish(message);
        },
      };
    },
  };
}

function chooseBroker(settings: BrokerSettings, db: Db): Broker {
  if (settings.AMQP_URL === undefined) return createPostgresBroker(db);
  const addresses: Record<string, string> = { [queues.orders]: settings.AMQP_QUEUE };
  return createAmqpBroker({
    url: settings.AMQP_URL,
    idleTimeoutMs: settings.AMQP_IDLE_TIMEOUT,
    name: 'durable-jobs',
    addressOf: (queue) => addresses[queue] ?? queue,
  });
}
