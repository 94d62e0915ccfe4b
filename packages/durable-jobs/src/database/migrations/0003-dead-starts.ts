import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Lists starts that can't be made without reading the others, and has the server rely on the check of outcomes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE durable_jobs.outbox VALIDATE CONSTRAINT outbox_outcome_check`.execute(db);
  await buildIndex(db, 'outbox_dead', sql`ON durable_jobs.outbox (id) WHERE outcome = 'dead'`);
}
