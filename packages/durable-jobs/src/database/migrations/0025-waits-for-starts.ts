import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Finds the waits for a start that is checked: those without the id of its job, and those of groups, whose ids SQL may have given. The condition
 * is that of the statement.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'awaited_jobs_of_start',
    sql`ON durable_jobs.awaited_jobs (up_to_entry_id) WHERE job_id IS NULL OR group_id IS NOT NULL`,
  );
}
