import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Finds held starts without reading the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'outbox_held', sql`ON durable_jobs.outbox (id) WHERE is_held`);
}
