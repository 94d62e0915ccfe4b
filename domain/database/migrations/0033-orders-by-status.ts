import { sql, type Kysely } from 'kysely';
import { buildIndex } from 'durable-jobs/database';

export const transactional = false;

/** Finds the newest orders of a status without reading those of all others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'orders_status_newest', sql`ON orders (status, created_at DESC, id DESC)`);
}
