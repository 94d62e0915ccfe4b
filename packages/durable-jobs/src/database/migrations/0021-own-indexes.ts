import { sql, type Kysely } from 'kysely';
import { buildIndex, dropIndex } from '../indexes.ts';

export const transactional = false;

/**
 * Replaces the partial indexes of starts that are still to be made by ones whose conditions are in their own words, see `ofOwnIndex`. When all
 * starts had been made at the last count, PostgreSQL preferred `outbox_undispatched`, and the relay read everything that waited for each key.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const unmade = 'dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL';
  const turns = "coalesce(priority, 3::smallint), coalesce(fairness_key, ''), id";
  const replace = async (former: string, name: string, columns: string, condition: string): Promise<void> => {
    await buildIndex(
      db,
      name,
      sql.raw(`ON durable_jobs.outbox (${columns}) WHERE CASE WHEN ${condition} THEN 1 END = 1`),
    );
    await dropIndex(db, former);
  };
  await replace(
    'outbox_turns',
    'outbox_to_settle',
    turns,
    'dispatched_at IS NULL AND dropped_at IS NULL AND (NOT is_held OR withdrawn_at IS NOT NULL)',
  );
  await replace('outbox_unmade_of_job', 'outbox_unmade', 'job_id, id', unmade);
  await replace('outbox_waiting_of_job', 'outbox_waiting', 'job_id, id', `${unmade} AND NOT is_held`);
  await replace(
    'outbox_unchecked',
    'outbox_to_check',
    'next_attempt_at, id',
    `${unmade} AND NOT is_held AND NOT is_checked`,
  );
  await replace(
    'outbox_limited',
    'outbox_at_limit',
    `limit_key, ${turns}`,
    `${unmade} AND limit_key IS NOT NULL`,
  );
  await replace('outbox_behind', 'outbox_followers', 'job_id, id', `${unmade} AND limit_key = 'job'`);
  await replace(
    'outbox_held_expires',
    'outbox_held_expiring',
    'expires_at',
    `${unmade} AND is_held AND expires_at IS NOT NULL`,
  );
  await replace(
    'outbox_held_unchecked',
    'outbox_held_to_check',
    'id',
    `${unmade} AND is_held AND NOT is_checked`,
  );
}
