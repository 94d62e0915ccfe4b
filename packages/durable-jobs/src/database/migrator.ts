import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, Migrator, PostgresDialect, sql, type Migration, type MigrationResultSet } from 'kysely';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { OwnPool } from './own-client.ts';
import { OWN_SCHEMA } from './own-schema.ts';
import { connectionTo, type DatabaseServer } from './server.ts';

/** A migration. Its name determines its position. */
export interface SchemaMigration extends Migration {
  /**
   * Whether it runs in a transaction, together with the record that it was applied; true by default. A migration that does not must be safe
   * to repeat, because it may be interrupted at any point.
   */
  readonly transactional?: boolean;
}

/** Migrations that are applied in order and recorded in one table. */
export interface MigrationStage {
  migrations: Readonly<Record<string, SchemaMigration>>;
  /** The last migration of this stage. A later stage applies the rest. */
  upTo?: string;
  /**
   * True for the library's migrations, which are recorded in the library's schema, the first on their search path. The application's
   * migrations are recorded, and create their tables, in the schema that the role would use without the library.
   */
  isLibrary?: boolean;
}

/** Time limits of the migrator; tests use shorter ones. */
export interface MigratorOptions {
  logger: Logger;
  /**
   * Time that a migration waits for a lock before it lets others pass and tries again. Sessions that need the table, including readers,
   * queue behind it meanwhile. Concurrent builds of indexes wait longer, see `buildIndex`.
   */
  lockTimeoutMs?: number;
  /** Ends the migration in progress, which its transaction undoes or a later run repeats. */
  signal?: AbortSignal;
  /** Time for which a migration is retried while others hold the locks that it needs. */
  patienceMs?: number;
}

/** The advisory lock of a running migrator. The number is our own, different from Kysely's lock and the locks of services. */
const MIGRATOR_LOCK = '7303015628839403521';
/** Polling interval while another migrator is running. */
const LOCK_POLL_MS = 250;
/** Interval of log lines about the wait. */
const REPORT_WAIT_MS = 30_000;
const LOCK_TIMEOUT_MS = 2_000;
/** Long transactions, such as a backup's, may hold a table for some minutes. */
const PATIENCE_MS = 600_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;
/** lock_not_available and deadlock_detected: nothing is wrong with the migration. */
const lockErrors: readonly unknown[] = ['55P03', '40P01'];

/**
 * Applies missing migrations, stage by stage and by name, each on its own. Returns their names; those of the library are prefixed with its
 * schema. Applied migrations stay applied if a later one fails. A concurrent migrator waits until this one has finished.
 * @throws an error that names the failed migration, with the database's error as its cause.
 */
export async function applyMigrations(
  database: DatabaseServer,
  stages: readonly MigrationStage[],
  options: MigratorOptions,
): Promise<string[]> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { db, abort } = connect(database, options);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await db.connection().execute(async (session) => {
      // Roles and databases may set time limits. None of them is suitable, because an index build can take any time.
      await sql`
        SELECT set_config(name, '0', false) FROM pg_settings
        WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout',
          'idle_in_transaction_session_timeout')`.execute(session);
      // The server ends the statement of a migrator that is gone; platforms without this setting refuse it.
      await sql`SET client_connection_check_interval = '1s'`.execute(session).catch(() => undefined);
      await lockMigrations(session, options);
      const home = await homePath(session);
      const applied: string[] = [];
      for (const stage of stages) {
        await setSearchPath(session, stage.isLibrary === true ? `${OWN_SCHEMA}, ${home}` : home);
        applied.push(...(await applyPending(session, stage, options)));
      }
      return applied;
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    await db.destroy();
  }
}

/**
 * Returns the search path without the library's schema. By default, PostgreSQL puts a schema with the role's name first, so the tables of
 * an application whose role has the name of the library's schema would otherwise be created in it.
 */
async function homePath(session: Kysely<unknown>): Promise<string> {
  const { rows } = await sql<{ path: string | null }>`
    SELECT string_agg(quote_ident(name), ', ' ORDER BY place) AS path
    FROM unnest(current_schemas(false)) WITH ORDINALITY AS schemas (name, place)
    WHERE name <> ${OWN_SCHEMA}`.execute(session);
  return rows[0]?.path ?? 'public';
}

async function setSearchPath(session: Kysely<unknown>, path: string): Promise<void> {
  await sql`SELECT set_config('search_path', ${path}, false)`.execute(session);
}

/**
 * One connection, because the lock belongs to the session: it ends with the work, even if the process is killed. `abort` closes it with the
 * statement in progress.
 */
function connect(
  database: DatabaseServer,
  { logger, signal }: MigratorOptions,
): { db: Kysely<unknown>; abort: () => void } {
  const pool = new OwnPool({
    ...connectionTo(database),
    max: 1,
    application_name: 'durable-jobs-migrate',
    connectionTimeoutMillis: 5_000,
    // The connection is silent while an index is built, and network devices must not consider it dead.
    keepAlive: true,
  });
  const report = (err: Error): void =>
    logger.warn({ err }, 'the database connection of the migrator was lost');
  let abort = (): void => undefined;
  pool.on('connect', (client) => {
    client.on('error', report);
    abort = () => void client.end();
    // It was stopped while the connection was being opened.
    if (signal?.aborted === true) abort();
  });
  pool.on('error', report);
  return { db: new Kysely({ dialect: new PostgresDialect({ pool }) }), abort: () => abort() };
}

/**
 * Waits for the lock by polling. A statement that waits for it would hold a snapshot, for which the other migrator's concurrent index
 * builds would wait in turn.
 */
async function lockMigrations(session: Kysely<unknown>, { logger, signal }: MigratorOptions): Promise<void> {
  let reportAt = performance.now();
  for (;;) {
    const { rows } = await sql<{ locked: boolean }>`
      SELECT pg_try_advisory_lock(${sql.raw(MIGRATOR_LOCK)}) AS locked`.execute(session);
    if (rows[0]?.locked === true) return;
    if (performance.now() >= reportAt) {
      logger.info('another migrator is running; waiting until it finishes');
      reportAt = performance.now() + REPORT_WAIT_MS;
    }
    await delay(LOCK_POLL_MS, undefined, { signal });
  }
}

async function applyPending(
  session: Kysely<unknown>,
  { migrations, upTo, isLibrary = false }: MigrationStage,
  options: MigratorOptions,
): Promise<string[]> {
  const [transactional, plain] = [false, true].map(
    (disableTransactions) =>
      new Migrator({
        db: session,
        provider: { getMigrations: () => Promise.resolve(migrations) },
        disableTransactions,
        // Numbers may have gaps that changes developed in parallel fill later.
        allowUnorderedMigrations: true,
        ...(isLibrary && {
          migrationTableSchema: OWN_SCHEMA,
          migrationTableName: 'migrations',
          migrationLockTableName: 'migration_lock',
        }),
      }),
  ) as [Migrator, Migrator];
  const applied: string[] = [];
  for (;;) {
    options.signal?.throwIfAborted();
    const next = (await transactional.getMigrations()).find(({ executedAt }) => executedAt === undefined);
    if (next === undefined || (upTo !== undefined && next.name > upTo)) break;
    const name = isLibrary ? `${OWN_SCHEMA}.${next.name}` : next.name;
    const migrator = migrations[next.name]?.transactional === false ? plain : transactional;
    await applyWithRetries(session, name, () => migrator.migrateUp(), options);
    options.logger.info({ migration: name }, 'a migration was applied');
    applied.push(name);
  }
  if (upTo !== undefined) return applied;
  // Applies nothing, but refuses a database with migrations that this release does not know.
  const { error } = await transactional.migrateUp();
  if (error !== undefined) throw asError(error);
  return applied;
}

/** Applies a migration, and retries it while others hold the locks that it needs. */
async function applyWithRetries(
  session: Kysely<unknown>,
  name: string,
  apply: () => Promise<MigrationResultSet>,
  options: MigratorOptions,
): Promise<void> {
  const { logger, signal, lockTimeoutMs = LOCK_TIMEOUT_MS, patienceMs = PATIENCE_MS } = options;
  const deadline = performance.now() + patienceMs;
  await sql`SELECT set_config('lock_timeout', ${String(lockTimeoutMs)}, false)`.execute(session);
  for (let retry = 0; ; retry++) {
    const { error } = await apply();
    if (error === undefined) return;
    const waits = lockErrors.includes(asError(error).code);
    if (!waits || performance.now() > deadline) {
      const why = waits ? ' (other sessions hold locks that it needs)' : '';
      throw new Error(`migration ${name} failed: ${errorMessage(error)}${why}`, { cause: error });
    }
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** retry, MAX_RETRY_MS) * (0.5 + Math.random() / 2);
    logger.warn(
      { migration: name, retryInMs: Math.round(waitMs), err: error },
      'other sessions hold locks that a migration needs; retrying',
    );
    await delay(waitMs, undefined, { signal });
  }
}

const asError = (error: unknown): Error & { code?: unknown } =>
  error instanceof Error ? error : new Error(errorMessage(error));
