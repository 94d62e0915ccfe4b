import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Debounced starts. One that waits for its key to be quiet is a held entry of the outbox with that key, so that no relay has it, also none of
 * an earlier release. A later start of the key replaces it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE durable_jobs.outbox
      -- The key that is to be quiet, while the start waits for that.
      ADD COLUMN IF NOT EXISTS debounce_key text COLLATE "C",
      -- When it is made if no other comes, and the latest time. They stay, so that it is debounced only once.
      ADD COLUMN IF NOT EXISTS settles_at timestamptz,
      ADD COLUMN IF NOT EXISTS settles_by timestamptz,
      -- The first of the starts that were merged. Of these, the last one, which is not replaced, stands for all.
      ADD COLUMN IF NOT EXISTS merge_id bigint,
      DROP CONSTRAINT IF EXISTS outbox_outcome_check,
      ADD CONSTRAINT outbox_outcome_check CHECK (outcome IN
        ('started', 'delivered', 'exists', 'withdrawn', 'dead', 'discarded', 'expired', 'skipped', 'replaced')) NOT VALID`.execute(
    db,
  );
  await sql`ALTER TABLE durable_jobs.outbox VALIDATE CONSTRAINT outbox_outcome_check`.execute(db);
  // In its own words, see `ofOwnIndex`.
  const isWaiting = sql`CASE WHEN dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND debounce_key IS NOT NULL THEN 1 END = 1`;
  await buildIndex(db, 'outbox_debounced', sql`ON durable_jobs.outbox (debounce_key, id) WHERE ${isWaiting}`);
  await buildIndex(db, 'outbox_settles', sql`ON durable_jobs.outbox (settles_at) WHERE ${isWaiting}`);
  await buildIndex(
    db,
    'outbox_merged',
    sql`ON durable_jobs.outbox (merge_id, id) WHERE merge_id IS NOT NULL`,
  );
  // Few of many: the others were replaced.
  await buildIndex(
    db,
    'outbox_standing',
    sql`ON durable_jobs.outbox (merge_id, id) WHERE merge_id IS NOT NULL AND outcome IS DISTINCT FROM 'replaced'`,
  );
}
