import { sql, type Kysely } from 'kysely';
import { buildIndex } from 'durable-jobs/database';

export const transactional = false;

/** Finds what a maintenance resolved, and the reconciliations that are still open, without reading the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(
    db,
    'findings_resolved_by_run',
    sql`ON findings (last_run_id) WHERE resolved_at IS NOT NULL`,
  );
  await buildIndex(
    db,
    'reconciliations_running',
    sql`ON reconciliations (started_at) WHERE status = 'running'`,
  );
}
