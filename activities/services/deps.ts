import type { Client } from '@temporalio/client';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Mailer } from '../../platform/mail/mailer.ts';

/** What services are made from. What a new one needs is added here and to the worker's dependencies. */
export interface ServiceDeps {
  db: Db;
  mailer: Mailer;
  logger: Logger;
  /** For what a service starts or asks the engine itself. */
  temporal: Client;
}
