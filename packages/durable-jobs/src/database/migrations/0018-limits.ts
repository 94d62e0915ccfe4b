import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Limits of jobs. A start that a limit lets through holds a slot of each limit; one that waits for a slot is a held entry of the outbox with
 * the limit's key, so that neither a relay, also one of an earlier release, nor its index has it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE durable_jobs.outbox ADD COLUMN IF NOT EXISTS limit_key text COLLATE "C"`.execute(db);
  await sql`
    CREATE TABLE IF NOT EXISTS durable_jobs.limit_slots (
      limit_key text COLLATE "C" NOT NULL,
      entry_id bigint NOT NULL,
      job_id text NOT NULL,
      -- The first run of the chain that the start made, once it is known.
      run_id text,
      taken_at timestamptz NOT NULL DEFAULT now(),
      -- When the slot is free, if it does not depend on a run.
      ends_at timestamptz,
      -- The tries to make the start that may still be in progress, and the last one.
      tries integer NOT NULL DEFAULT 0,
      tried_at timestamptz NOT NULL DEFAULT now(),
      next_check_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (limit_key, entry_id)
    )`.execute(db);
  await buildIndex(db, 'limit_slots_entry', sql`ON durable_jobs.limit_slots (entry_id)`);
  await buildIndex(db, 'limit_slots_job', sql`ON durable_jobs.limit_slots (job_id)`);
  await buildIndex(
    db,
    'limit_slots_due',
    sql`ON durable_jobs.limit_slots (next_check_at) WHERE ends_at IS NULL`,
  );
  await buildIndex(
    db,
    'limit_slots_ends',
    sql`ON durable_jobs.limit_slots (ends_at) WHERE ends_at IS NOT NULL`,
  );
  const isStillToMake = sql`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL`;
  await buildIndex(
    db,
    'outbox_limited',
    sql`ON durable_jobs.outbox (limit_key, coalesce(priority, 3::smallint), coalesce(fairness_key, ''), id) WHERE ${isStillToMake} AND limit_key IS NOT NULL`,
  );
  // Held starts that expire or are still to be checked: without these, each search would read all that wait at limits.
  await buildIndex(
    db,
    'outbox_held_expires',
    sql`ON durable_jobs.outbox (expires_at) WHERE is_held AND ${isStillToMake} AND expires_at IS NOT NULL`,
  );
  await buildIndex(
    db,
    'outbox_held_unchecked',
    sql`ON durable_jobs.outbox (id) WHERE is_held AND ${isStillToMake} AND NOT is_checked`,
  );
  // Starts that wait behind an earlier one of their job.
  await buildIndex(
    db,
    'outbox_behind',
    sql`ON durable_jobs.outbox (job_id, id) WHERE ${isStillToMake} AND limit_key = 'job'`,
  );
}
