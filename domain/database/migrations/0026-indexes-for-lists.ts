import { sql, type Kysely } from 'kysely';
import { buildIndex, dropIndex } from 'durable-jobs/database';

export const transactional = false;

/** For what lists, claims and upkeep ask for often: none of it reads a whole table, however large that is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A kind that nobody handles must not stand in the way of the others.
  await buildIndex(
    db,
    'work_items_due_of_kind',
    sql`ON work_items (kind, due_at) WHERE status IN ('pending', 'running')`,
  );
  // By time alone, it would be taken for a claim where the statistics do not know the kinds, and read past all the others.
  await dropIndex(db, 'work_items_due');
  await buildIndex(db, 'work_items_newest_of_kind', sql`ON work_items (kind, created_at DESC, id DESC)`);

  await buildIndex(
    db,
    'findings_open_newest',
    sql`ON findings (first_seen_at DESC, id DESC) WHERE resolved_at IS NULL`,
  );
  await buildIndex(db, 'findings_resolved', sql`ON findings (resolved_at) WHERE resolved_at IS NOT NULL`);
  await buildIndex(db, 'findings_first_run', sql`ON findings (first_run_id)`);

  await buildIndex(db, 'audit_entries_actor_name', sql`ON audit_entries (actor_name, at DESC, id DESC)`);
  await buildIndex(db, 'audit_entries_action', sql`ON audit_entries (action, at DESC, id DESC)`);
  await buildIndex(db, 'audit_entries_target', sql`ON audit_entries (target, at DESC, id DESC)`);
  await buildIndex(
    db,
    'audit_entries_params',
    sql`ON audit_entries USING gin (jsonb_path_query_array(params, '$.*') jsonb_path_ops)`,
  );
  await buildIndex(db, 'audit_entries_outcome', sql`ON audit_entries (outcome, at DESC, id DESC)`);

  await buildIndex(db, 'dead_letters_status', sql`ON dead_letters (status, first_seen_at DESC, id DESC)`);
}
