import { Migrator, type Migration } from 'kysely';
import { pino } from 'pino';
import { errorMessage } from '../errors.ts';
import { connectDatabase } from './connect.ts';
import * as initial from './migrations/0001-initial.ts';
import * as withdrawnResets from './migrations/0002-withdrawn-resets.ts';
import * as schedules from './migrations/0003-schedules.ts';
import * as reports from './migrations/0004-reports.ts';
import * as upkeep from './migrations/0005-upkeep.ts';
import * as bulk from './migrations/0006-bulk.ts';
import * as services from './migrations/0007-services.ts';
import * as workQueue from './migrations/0008-work-queue.ts';
import * as messages from './migrations/0009-messages.ts';
import * as requestContext from './migrations/0010-request-context.ts';
import * as access from './migrations/0011-access.ts';
import * as jobActions from './migrations/0012-job-actions.ts';
import * as encryption from './migrations/0013-encryption.ts';

/** In the order in which they are applied. A released migration is never edited: add another. */
const migrations: Record<string, Migration> = {
  '0001-initial': initial,
  '0002-withdrawn-resets': withdrawnResets,
  '0003-schedules': schedules,
  '0004-reports': reports,
  '0005-upkeep': upkeep,
  '0006-bulk': bulk,
  '0007-services': services,
  '0008-work-queue': workQueue,
  '0009-messages': messages,
  '0010-request-context': requestContext,
  '0011-access': access,
  '0012-job-actions': jobActions,
  '0013-encryption': encryption,
};

/**
 * Brings the database up to the newest schema and returns the names of the migrations that were applied, none where
 * it was there already. Many processes may call it at once: the migrator holds a lock.
 * @throws the error of the first migration that failed; those before it stay applied.
 */
export async function migrateToLatest(databaseUrl: string): Promise<string[]> {
  const db = connectDatabase(databaseUrl, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-migrate',
  });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw error instanceof Error ? error : new Error(errorMessage(error));
    return (results ?? []).map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}
