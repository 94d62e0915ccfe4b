import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, Migrator, PostgresDialect, sql, type Migration, type MigrationResultSet } from 'kysely';
import pg from 'pg';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** One step of the schema. Its name, under which it is listed, gives it its place. */
export interface SchemaMigration extends Migration {
  /**
   * Whether it runs in a transaction of its own, together with the note that it was applied; true unless it says
   * otherwise. One that does not must be safe to repeat: it may be interrupted anywhere.
   */
  readonly transactional?: boolean;
}

/** The patience of the migrator; the tests have less of it. */
export interface MigratorOptions {
  logger: Logger;
  /**
   * How long a transactional migration waits for a lock before it lets everyone else pass and tries again. Sessions that need
   * the table queue behind it meanwhile, readers too.
   */
  lockTimeoutMs?: number;
  /** For how long a migration is tried again because others hold what it needs. */
  patienceMs?: number;
}

/** The lock that one migrator holds while it works. A number of our own, apart from Kysely's and the services' locks. */
const MIGRATOR_LOCK = '7303015628839403521';
/** Between two looks whether another migrator has finished. */
const LOCK_POLL_MS = 250;
/** Between two lines that say so. */
const REPORT_WAIT_MS = 30_000;
const LOCK_TIMEOUT_MS = 2_000;
/** Long transactions, such as a backup's, may hold a table for some minutes. */
const PATIENCE_MS = 600_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;
/** lock_not_available and deadlock_detected: nothing is wrong with the migration. */
const lockErrors: readonly unknown[] = ['55P03', '40P01'];

/**
 * Applies the migrations that the database does not have yet, by name, each by itself, and returns their names. Those that
 * were applied stay so when a later one fails. Another migrator waits until this one has finished.
 * @throws an error that names the migration that failed, with the database's own as its cause.
 */
export async function applyMigrations(
  databaseUrl: string,
  migrations: Readonly<Record<string, SchemaMigration>>,
  options: MigratorOptions,
): Promise<string[]> {
  const db = connect(databaseUrl, options.logger);
  try {
    return await db.connection().execute(async (session) => {
      // Roles and databases may have limits of their own. None of them fits: an index build takes as long as it takes.
      await sql`
        SELECT set_config(name, '0', false) FROM pg_settings
        WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout',
          'idle_in_transaction_session_timeout')`.execute(session);
      await lockMigrations(session, options.logger);
      return await applyPending(session, migrations, options);
    });
  } finally {
    await db.destroy();
  }
}

/** One connection, as the lock is the session's: it ends with the work, even that of a process that was killed. */
function connect(databaseUrl: string, logger: Logger): Kysely<unknown> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    application_name: 'durable-jobs-migrate',
    connectionTimeoutMillis: 5_000,
    // Nothing is said while an index is built; what lies between must not take the connection for dead.
    keepAlive: true,
  });
  const report = (err: Error): void => logger.warn({ err }, 'the connection of the migration broke');
  pool.on('connect', (client) => client.on('error', report));
  pool.on('error', report);
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Waits for the lock by asking for it time and again. A statement that waits for it would hold a snapshot, which the other
 * migrator's concurrent index builds wait for in their turn.
 */
async function lockMigrations(session: Kysely<unknown>, logger: Logger): Promise<void> {
  let reportAt = performance.now();
  for (;;) {
    const { rows } = await sql<{ locked: boolean }>`
      SELECT pg_try_advisory_lock(${sql.raw(MIGRATOR_LOCK)}) AS locked`.execute(session);
    if (rows[0]?.locked === true) return;
    if (performance.now() >= reportAt) {
      logger.info('another migrator is at work; this one waits until it has finished');
      reportAt = performance.now() + REPORT_WAIT_MS;
    }
    await delay(LOCK_POLL_MS);
  }
}

async function applyPending(
  session: Kysely<unknown>,
  migrations: Readonly<Record<string, SchemaMigration>>,
  options: MigratorOptions,
): Promise<string[]> {
  const [transactional, plain] = [false, true].map(
    (disableTransactions) =>
      new Migrator({
        db: session,
        provider: { getMigrations: () => Promise.resolve(migrations) },
        disableTransactions,
        // Numbers may have gaps, which changes that were made at the same time fill later.
        allowUnorderedMigrations: true,
      }),
  ) as [Migrator, Migrator];
  const applied: string[] = [];
  for (;;) {
    const next = (await transactional.getMigrations()).find(({ executedAt }) => executedAt === undefined);
    if (next === undefined) break;
    const isTransactional = migrations[next.name]?.transactional !== false;
    const apply = () => (isTransactional ? transactional : plain).migrateUp();
    await applyWithRetries(session, next.name, isTransactional, apply, options);
    options.logger.info({ migration: next.name }, 'a migration was applied');
    applied.push(next.name);
  }
  // Has nothing to do, but refuses a database with migrations that this release does not know.
  const { error } = await transactional.migrateUp();
  if (error !== undefined) throw asError(error);
  return applied;
}

/** Applies a migration, time and again as long as others hold what it has to lock. */
async function applyWithRetries(
  session: Kysely<unknown>,
  name: string,
  isTransactional: boolean,
  apply: () => Promise<MigrationResultSet>,
  options: MigratorOptions,
): Promise<void> {
  const { logger, lockTimeoutMs = LOCK_TIMEOUT_MS, patienceMs = PATIENCE_MS } = options;
  const deadline = performance.now() + patienceMs;
  // Outside a transaction only locks are taken that let readers and writers pass: waiting for them holds nobody up.
  const lockTimeout = isTransactional ? lockTimeoutMs : patienceMs;
  await sql`SELECT set_config('lock_timeout', ${String(lockTimeout)}, false)`.execute(session);
  for (let retry = 0; ; retry++) {
    const { error } = await apply();
    if (error === undefined) return;
    const waits = lockErrors.includes(asError(error).code);
    if (!waits || performance.now() > deadline) {
      const why = waits ? ' (other sessions hold what it has to lock)' : '';
      throw new Error(`migration ${name} failed: ${errorMessage(error)}${why}`, { cause: error });
    }
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** retry, MAX_RETRY_MS) * (0.5 + Math.random() / 2);
    logger.warn(
      { migration: name, retryInMs: Math.round(waitMs), err: error },
      'other sessions hold what a migration has to lock; it is tried again',
    );
    await delay(waitMs);
  }
}

const asError = (error: unknown): Error & { code?: unknown } =>
  error instanceof Error ? error : new Error(errorMessage(error));
