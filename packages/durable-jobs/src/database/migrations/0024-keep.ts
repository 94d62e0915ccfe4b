import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Limits that keep one start of a key: the newest, for which the open run is cancelled, or the oldest, which stands for the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The limit that keeps one of its starts, from the moment when this one waited.
  await sql`ALTER TABLE durable_jobs.outbox ADD COLUMN IF NOT EXISTS kept_key text COLLATE "C"`.execute(db);
  // Until when nothing is decided about starts that wait to be kept; forever if the cancellation of the slot's run was requested.
  await sql`ALTER TABLE durable_jobs.limit_slots ADD COLUMN IF NOT EXISTS keep_after timestamptz`.execute(db);
  await buildIndex(
    db,
    'outbox_kept',
    sql`ON durable_jobs.outbox (kept_key, id) WHERE CASE WHEN dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL
      AND limit_key IS NOT NULL AND kept_key IS NOT NULL THEN 1 END = 1`,
  );
}
