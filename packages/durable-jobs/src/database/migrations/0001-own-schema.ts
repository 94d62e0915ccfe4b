import { sql, type Kysely } from 'kysely';
import { adoptTables } from './own-schema/adopt.ts';
import { createTables } from './own-schema/create.ts';
import { findFormerTables } from './own-schema/former-tables.ts';

// Each table is moved in a transaction of its own, so that a process of an earlier release waits for one table at a time.
export const transactional = false;

/**
 * The library's tables. Releases before they had a schema of their own kept them among the application's: they are moved, and
 * stay available under their former names. Any other database gets new tables. The result is the same.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const former = await findFormerTables(db);
  if (former !== undefined) return adoptTables(db, former);
  const { rows } = await sql`SELECT to_regclass('durable_jobs.outbox') AS outbox`.execute(db);
  // Its note may have been lost.
  if ((rows[0] as { outbox: string | null }).outbox === null) await createTables(db);
}
