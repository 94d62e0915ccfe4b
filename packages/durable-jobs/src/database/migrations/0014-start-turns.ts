import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** The starts that the relay makes, by priority and key, in their order: it steps from one key to the next, and reads a few starts of each. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'outbox_turns',
    sql`ON durable_jobs.outbox (coalesce(priority, 3::smallint), coalesce(fairness_key, ''), id)
      WHERE dispatched_at IS NULL AND dropped_at IS NULL AND (NOT is_held OR withdrawn_at IS NOT NULL)`,
  );
}
