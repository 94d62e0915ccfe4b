import { sql, type Kysely } from 'kysely';
import { buildIndex, dropIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Replaces the index of open work items with a priority or a key by one whose condition is in its own words, see `ofOwnIndex`: with
 * `work_items_turns`, PostgreSQL often preferred `work_items_due_of_kind`, and read all open items of a kind for each key.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'work_items_in_turns',
    sql`ON durable_jobs.work_items (kind, coalesce(priority, 3::smallint), coalesce(fairness_key, ''), due_at)
      WHERE CASE WHEN status IN ('pending', 'running') AND (priority IS NOT NULL OR fairness_key IS NOT NULL) THEN 1 END = 1`,
  );
  await dropIndex(db, 'work_items_turns');
}
