import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrations } from '../../domain/database/migrate.ts';

/**
 * Migrates an empty database as the releases up to 0.1.0 did: all in one transaction. `before` is the name of the first migration that the
 * release did not have.
 * @throws the error of the migration that failed.
 */
export async function migrateAsReleased(databaseUrl: string, before: string): Promise<void> {
  const db = new Kysely({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl }) }),
  });
  try {
    const released = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < before));
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(released) } });
    const { error } = await migrator.migrateToLatest();
    if (error) throw error instanceof Error ? error : new Error('a migration failed', { cause: error });
  } finally {
    await db.destroy();
  }
}
