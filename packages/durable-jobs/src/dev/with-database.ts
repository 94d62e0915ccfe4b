import { sql } from 'kysely';
import { pino } from 'pino';
import { connectDatabase, type Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { whileDatabaseAnswers } from '../database/unavailable.ts';

/** Runs queries with a connection that is closed afterwards. @throws an error if the database does not respond. */
export async function withDatabase<T>(server: DatabaseServer, queries: (db: Db) => Promise<T>): Promise<T> {
  const db = connectDatabase(server, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-dev',
  });
  try {
    return await whileDatabaseAnswers(() => queries(db));
  } finally {
    await db.destroy();
  }
}

/** Whether a database answers a query. @throws its error if it does not. */
export function answersQueries(server: DatabaseServer): Promise<boolean> {
  return withDatabase(server, async (db) => {
    await sql`select 1`.execute(db);
    return true;
  });
}
