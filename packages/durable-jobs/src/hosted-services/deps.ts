import type { Client } from '@temporalio/client';
import type { Broker } from '../messages/broker/broker.ts';
import type { WorkerConfig } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { PaymentProvider } from '../../../../domain/payments/provider.ts';

/** What of the configuration shapes the services. */
export type ServiceSettings = Pick<
  WorkerConfig,
  'OUTBOX_STARTS_PER_SECOND' | 'WORK_QUEUE_CONCURRENCY' | 'ORDER_CONSUMER_CREDIT' | 'MESSAGE_MAX_FAILURES'
>;

/** What services are made from. What a new one needs is added here and to the worker's dependencies. */
export interface ServiceDeps {
  db: Db;
  mailer: Mailer;
  payments: PaymentProvider;
  logger: Logger;
  /** For what a service starts or asks the engine itself. */
  temporal: Client;
  /** Makes starts that a service committed, at once. */
  dispatcher: Dispatcher;
  broker: Broker;
  settings: ServiceSettings;
}
