import {
  Kysely,
  PostgresDialect,
  type ControlledTransaction,
  type Transaction,
  type TransactionBuilder,
} from 'kysely';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { camelCaseNames } from './camel-case.ts';
import { withLastStatements } from './commit-with.ts';
import { BoundedPool } from './pool.ts';
import { OwnPool } from './own-client.ts';
import { OWN_SCHEMA } from './own-schema.ts';
import type { LibraryDatabase } from './schema.ts';
import { connectionTo, type DatabaseServer } from './server.ts';
import { marking } from './in-transaction.ts';
import { traceQueries } from './trace-queries.ts';

/**
 * A database with the tables of `DB`, outside or inside a transaction. A database with additional tables is also accepted: this is why the
 * type names a transaction, which TypeScript compares only with other transactions.
 */
export type DbOf<DB> = Kysely<DB> | Transaction<DB>;
/** The library's tables, outside or inside a transaction. */
export type Db = DbOf<LibraryDatabase>;
/** A transaction that is in progress. */
export type Trx = Transaction<LibraryDatabase>;
/** A transaction that its owner commits or rolls back by hand. */
export type OwnTrx = ControlledTransaction<LibraryDatabase>;

/** Reads bigint as a number: 2^53 exceeds any amount or row count of ours. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Marks its transactions, so that calls to the engine inside one are refused. */
class MarkingDatabase<DB> extends Kysely<DB> {
  override transaction(): TransactionBuilder<DB> {
    return marking(super.transaction());
  }
}

/**
 * Time that a transaction may be idle. An open transaction keeps vacuum from removing dead rows in the whole database, so the server ends
 * one whose process is frozen or disconnected. Ours wait for nothing but the database.
 */
const IDLE_TRANSACTION_MS = 120_000;

/** Time that a query waits for a connection. */
const CONNECT_MS = 5_000;

/** Options of a pool. */
interface PoolOptions {
  poolSize: number;
  logger: Logger;
  /** Name of its connections in `pg_stat_activity`. */
  applicationName: string;
}

/**
 * Opens a pool of at most `poolSize` connections. Nothing connects before the first query; `destroy()` closes the pool. A connection that
 * breaks while idle is logged and replaced, and does not end the process. Queries use camel case for tables and columns: `createdAt` is the
 * column `created_at`.
 */
export function connectDatabase<DB extends LibraryDatabase = LibraryDatabase>(
  server: DatabaseServer,
  options: PoolOptions,
): Kysely<DB> {
  const pool = new OwnPool({
    ...connectionTo(server),
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    // A query that hangs must not block a request or an activity for longer than its own time-out.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, which its types do not say
    onConnect: prepareSession,
    types,
  });
  surviveLosses(pool, options.logger);
  const log = traceQueries();
  const bounded = new BoundedPool(pool, { size: options.poolSize, waitMs: CONNECT_MS });
  return new MarkingDatabase<DB>({
    dialect: withLastStatements(new PostgresDialect({ pool: bounded })),
    plugins: [camelCaseNames],
    ...(log && { log }),
  });
}

/**
 * Opens a pool for an application's own queries. Its sessions use the settings of its role and URL, and so find the application's tables
 * first. Nothing connects before the first query; `end()` closes the pool.
 */
export function openPool(
  server: DatabaseServer,
  { poolSize, logger, applicationName }: PoolOptions,
): pg.Pool {
  const pool = new OwnPool({
    ...connectionTo(server),
    max: poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
  });
  surviveLosses(pool, logger);
  return pool;
}

/** The pool does not listen to connections in use. Without a listener, the loss of such a connection would end the process. */
function surviveLosses(pool: pg.Pool, logger: Logger): void {
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'));
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
}

async function prepareSession(client: pg.ClientBase): Promise<void> {
  await findOwnTables(client);
  await noticeClosedConnections(client);
}

/**
 * Prepends the library's schema to the search path of the role, the database or the URL. It uses a statement, because poolers may refuse a
 * start-up parameter and an application's URL may have its own `options`.
 */
async function findOwnTables(client: pg.ClientBase): Promise<void> {
  await client.query(`
    SELECT set_config('search_path', concat_ws(', ', '${OWN_SCHEMA}', nullif(reset_val, '')), false)
    FROM pg_settings WHERE name = 'search_path'`);
}

/**
 * Makes the server cancel a query within a second after its client has closed the connection, which the pool does when the query is
 * abandoned; this includes queries that wait for a lock. A server on a platform without this feature refuses the setting, and cancels the
 * query after the statement timeout.
 */
async function noticeClosedConnections(client: pg.ClientBase): Promise<void> {
  await client.query("SET client_connection_check_interval = '1s'").catch(() => undefined);
}
