import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Open work items that have neither a priority nor a key, by the time at which they are due; and the others by priority and key: a claim steps
 * from one key to the next, and reads a few items of each. `work_items_due_of_kind` has both: workers of earlier releases claim with it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'work_items_due_plain',
    sql`ON durable_jobs.work_items (kind, due_at)
      WHERE status IN ('pending', 'running') AND priority IS NULL AND fairness_key IS NULL`,
  );
  await buildIndex(
    db,
    'work_items_turns',
    sql`ON durable_jobs.work_items (kind, coalesce(priority, 3::smallint), coalesce(fairness_key, ''), due_at)
      WHERE status IN ('pending', 'running') AND (priority IS NOT NULL OR fairness_key IS NOT NULL)`,
  );
}
