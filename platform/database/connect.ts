import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { Database } from './schema.ts';
import { traceQueries } from './trace-queries.ts';

/** The database, outside or inside a transaction. */
export type Db = Kysely<Database>;
/** A transaction that is under way. */
export type Trx = Transaction<Database>;

/** Reads bigint as a number: 2^53 is beyond any amount or row count of ours. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens a pool of at most `poolSize` connections. Nothing connects before the first query; `destroy()` closes it.
 * A connection that breaks while idle is logged and replaced rather than ending the process.
 */
export function connectDatabase(
  url: string,
  options: { poolSize: number; logger: Logger; applicationName: string },
): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    // A query that hangs must not hold a request or an activity for longer than their own time-outs.
    statement_timeout: 30_000,
    types,
  });
  // The pool does not listen to a connection while it is in use; without a listener its loss would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.logger.warn({ err: error }, 'a database connection broke'));
  });
  pool.on('error', (error) => options.logger.warn({ err: error }, 'an idle database connection broke'));
  const log = traceQueries();
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }), ...(log && { log }) });
}
