import type { Client } from '@temporalio/client';
import type { WorkerConfig } from '../../platform/config.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Mailer } from '../../platform/mail/mailer.ts';
import type { PaymentProvider } from '../../platform/payments/provider.ts';

/** What of the configuration shapes the services. */
export type ServiceSettings = Pick<WorkerConfig, 'OUTBOX_STARTS_PER_SECOND' | 'WORK_QUEUE_CONCURRENCY'>;

/** What services are made from. What a new one needs is added here and to the worker's dependencies. */
export interface ServiceDeps {
  db: Db;
  mailer: Mailer;
  payments: PaymentProvider;
  logger: Logger;
  /** For what a service starts or asks the engine itself. */
  temporal: Client;
  settings: ServiceSettings;
}
