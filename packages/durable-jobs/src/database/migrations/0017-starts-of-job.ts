import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Waiting starts by job, in their order, and those that SQL committed and the relay has yet to check, by the time when they are due. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isWaiting = sql`dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL AND NOT is_held`;
  await buildIndex(db, 'outbox_waiting_of_job', sql`ON durable_jobs.outbox (job_id, id) WHERE ${isWaiting}`);
  await buildIndex(
    db,
    'outbox_unchecked',
    sql`ON durable_jobs.outbox (next_attempt_at, id) WHERE ${isWaiting} AND NOT is_checked`,
  );
}
