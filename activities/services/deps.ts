import type { Client } from '@temporalio/client';
import type { Broker } from '../../platform/broker/broker.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Mailer } from '../../platform/mail/mailer.ts';
import type { Dispatcher } from '../../platform/outbox/dispatcher.ts';

/** What services are made from. What a new one needs is added here and to the worker's dependencies. */
export interface ServiceDeps {
  db: Db;
  mailer: Mailer;
  logger: Logger;
  /** For what a service starts or asks the engine itself. */
  temporal: Client;
  /** Makes starts that a service committed, at once. */
  dispatcher: Dispatcher;
  broker: Broker;
  orderConsumer: OrderConsumerSettings;
}

/** How the consumer of orders works. */
export interface OrderConsumerSettings {
  /** Messages that are under way at once. */
  credit: number;
  /** How often a message may fail before it is dead-lettered. */
  maxFailures: number;
}
