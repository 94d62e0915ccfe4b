import { Kysely, PostgresDialect, type Transaction, type TransactionBuilder } from 'kysely';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { camelCaseNames } from './camel-case.ts';
import { BoundedPool } from './pool.ts';
import { OWN_SCHEMA } from './own-schema.ts';
import type { LibraryDatabase } from './schema.ts';
import { marking } from './in-transaction.ts';
import { traceQueries } from './trace-queries.ts';

/**
 * A database with the tables of `DB`, outside or inside a transaction. One that has more tables may be passed too: that is why
 * a transaction is named here, which TypeScript compares with its like alone.
 */
export type DbOf<DB> = Kysely<DB> | Transaction<DB>;
/** The library's tables, outside or inside a transaction. */
export type Db = DbOf<LibraryDatabase>;
/** A transaction that is in progress. */
export type Trx = Transaction<LibraryDatabase>;

/** Reads bigint as a number: 2^53 is beyond any amount or row count of ours. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Marks its transactions, so that nothing in one waits for the engine. */
class MarkingDatabase<DB> extends Kysely<DB> {
  override transaction(): TransactionBuilder<DB> {
    return marking(super.transaction());
  }
}

/**
 * How long a transaction may wait for its process. While it is open it keeps vacuum from removing dead rows in the whole database,
 * so that the server ends one whose process is frozen or cut off; ours wait for nothing but the database.
 */
const IDLE_TRANSACTION_MS = 120_000;

/** How long a query waits for a connection. */
const CONNECT_MS = 5_000;

/** How a pool is opened. */
interface PoolOptions {
  poolSize: number;
  logger: Logger;
  /** What the database shows its connections by. */
  applicationName: string;
}

/**
 * Opens a pool of at most `poolSize` connections. Nothing connects before the first query; `destroy()` closes it.
 * A connection that breaks while idle is logged and replaced rather than ending the process.
 * Queries name tables and columns in camel case: `createdAt` is the column `created_at`.
 */
export function connectDatabase<DB extends LibraryDatabase = LibraryDatabase>(
  url: string,
  options: PoolOptions,
): Kysely<DB> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    // A query that hangs must not hold a request or an activity for longer than their own time-outs.
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
    dialect: new PostgresDialect({ pool: bounded }),
    plugins: [camelCaseNames],
    ...(log && { log }),
  });
}

/**
 * Opens a pool for an application's own queries: its sessions have the settings of its role and URL, and so find its own tables
 * first. Nothing connects before the first query; `end()` closes it.
 */
export function openPool(url: string, { poolSize, logger, applicationName }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
  });
  surviveLosses(pool, logger);
  return pool;
}

/** The pool does not listen to a connection while it is in use; without a listener its loss would end the process. */
function surviveLosses(pool: pg.Pool, logger: Logger): void {
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'a database connection broke'));
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
}

async function prepareSession(client: pg.ClientBase): Promise<void> {
  await findOwnTables(client);
  await noticeClosedConnections(client);
}

/**
 * Puts the library's schema in front of what the role, the database or the URL set as the search path. By a statement: poolers may
 * refuse a start-up parameter, and an application's URL may have `options` of its own.
 */
async function findOwnTables(client: pg.ClientBase): Promise<void> {
  await client.query(`
    SELECT set_config('search_path', concat_ws(', ', '${OWN_SCHEMA}', nullif(reset_val, '')), false)
    FROM pg_settings WHERE name = 'search_path'`);
}

/**
 * Has the server end a query within a second whose client has closed the connection, as it does when the query was given up;
 * also one that waits for a lock. A server whose platform can't do that refuses, and ends it after the statement timeout.
 */
async function noticeClosedConnections(client: pg.ClientBase): Promise<void> {
  await client.query("SET client_connection_check_interval = '1s'").catch(() => undefined);
}
