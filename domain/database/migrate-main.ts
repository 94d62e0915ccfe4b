import { loadDatabaseConfig } from 'durable-jobs/config';
import { runProcess } from 'durable-jobs/process';
import { migrateToLatest } from './migrate.ts';

await runProcess(
  'migrate',
  () => loadDatabaseConfig(process.env),
  async ({ DATABASE_URL }, logger) => {
    const applied = await migrateToLatest(DATABASE_URL, { logger });
    logger.info({ applied }, applied.length > 0 ? 'the database was migrated' : 'the database is up to date');
  },
);
