import { sql, type Kysely } from 'kysely';
import { accessTables } from './access.ts';
import { bulkTables } from './bulk.ts';
import { emailTables } from './emails.ts';
import { encryptionTables } from './encryption.ts';
import { jobTables } from './jobs.ts';
import { messageTables } from './messages.ts';
import { serviceTables } from './services.ts';
import { workQueueTables } from './work-queue.ts';

/** What several tables need. */
const functions = `
  CREATE FUNCTION durable_jobs.refuse_large_row() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME,
      MESSAGE = format('new row for relation "%s" is too large (%s)', TG_TABLE_NAME, TG_ARGV[0]);
  END $$;`;

/** Creates all tables, with all that belongs to them, in one transaction. */
export async function createTables(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const statements of [
      functions,
      jobTables,
      serviceTables,
      emailTables,
      workQueueTables,
      messageTables,
      bulkTables,
      accessTables,
      encryptionTables,
    ])
      await sql.raw(statements).execute(trx);
  });
}
