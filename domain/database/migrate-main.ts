import { loadDatabaseConfig } from 'durable-jobs/config';
import { runProcess } from 'durable-jobs/process';
import { migrateToLatest } from './migrate.ts';

await runProcess(
  'migrate',
  () => loadDatabaseConfig(process.env),
  async ({ database }, logger) => {
    const applied = await migrateToLatest(database, { logger });
    logger.info({ applied }, applied.length > 0 ? 'the database was migrated' : 'the database is up to date');
  },
);
