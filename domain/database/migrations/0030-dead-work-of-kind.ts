import { sql, type Kysely } from 'kysely';
import { buildIndex } from 'durable-jobs/database';

export const transactional = false;

/** Counts dead work items by kind without reading the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'work_items_dead_of_kind', sql`ON work_items (kind) WHERE status = 'dead'`);
}
