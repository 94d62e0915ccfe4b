import { sql, type Kysely } from 'kysely';
import { buildIndex } from 'durable-jobs/database';

export const transactional = false;

/** The clean-up finds starts that were dropped by their age, as it finds those that were made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'outbox_dropped', sql`ON outbox (dropped_at) WHERE dropped_at IS NOT NULL`);
}
