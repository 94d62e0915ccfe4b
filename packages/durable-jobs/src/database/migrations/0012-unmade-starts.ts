import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Finds a job's starts that are not made yet without reading those that were made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'outbox_unmade_of_job',
    sql`ON durable_jobs.outbox (job_id, id) WHERE dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL`,
  );
}
