import { ConfigError, loadDatabaseUrl } from '../config.ts';
import { createLogger } from '../logger.ts';
import { migrateToLatest } from './migrate.ts';

const logger = createLogger('migrate', 'info');
try {
  const applied = await migrateToLatest(loadDatabaseUrl(process.env));
  logger.info({ applied }, applied.length > 0 ? 'the database was migrated' : 'the database is up to date');
} catch (error) {
  if (error instanceof ConfigError) logger.fatal(error.message);
  else logger.fatal({ err: error }, 'the migration failed');
  process.exitCode = 1;
}
