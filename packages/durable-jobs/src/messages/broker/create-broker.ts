import type { WorkerConfig } from '../../config/config.ts';
import { tlsOf } from '../../config/tls.ts';
import type { Db } from '../../database/connect.ts';
import { refuseInTransaction } from '../../database/in-transaction.ts';
import { createAmqpBroker } from './amqp-broker.ts';
import type { Broker } from './broker.ts';
import { createPostgresBroker } from './postgres-broker.ts';

/** The settings that select the broker. */
export type BrokerSettings = Pick<WorkerConfig, 'AMQP_URL' | 'AMQP_IDLE_TIMEOUT'> &
  Partial<Pick<WorkerConfig, 'AMQP_TLS_CA' | 'AMQP_TLS_CERT' | 'AMQP_TLS_KEY'>>;

/**
 * Creates the configured broker: over AMQP 1.0 if it has an address, otherwise the embedded queue. Calls inside a database transaction are
 * refused. `addresses` contains the broker's address of each queue whose address is not its name.
 */
export function createBroker(
  settings: BrokerSettings,
  db: Db,
  addresses: Readonly<Record<string, string>> = {},
): Broker {
  const broker = chooseBroker(settings, db, addresses);
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

function chooseBroker(settings: BrokerSettings, db: Db, addresses: Readonly<Record<string, string>>): Broker {
  if (settings.AMQP_URL === undefined) return createPostgresBroker(db);
  return createAmqpBroker({
    url: settings.AMQP_URL,
    tls: tlsOf('AMQP', settings),
    idleTimeoutMs: settings.AMQP_IDLE_TIMEOUT,
    name: 'durable-jobs',
    addressOf: (queue) => addresses[queue] ?? queue,
  });
}
