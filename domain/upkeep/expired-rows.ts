import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { sql } from 'kysely';
import { kebabCase } from 'durable-jobs';
import type { DeletedRows } from '../../contracts/jobs/delete-expired.ts';
import type { ShopWorkerConfig } from '../config.ts';
import type { Db } from '../database/schema.ts';
import { abandonLapsedUploads, deleteAbandonedItems, deleteAbandonedUploads } from 'durable-jobs/bulk';
import { ago } from './age.ts';

/** What of the configuration says how long rows are kept, in milliseconds. */
export type Retentions = Pick<
  ShopWorkerConfig,
  | 'PASSWORD_RESET_RETENTION'
  | 'OUTBOX_RETENTION'
  | 'FAILED_ATTEMPTS_RETENTION'
  | 'BULK_RETENTION'
  | 'WORK_ITEM_RETENTION'
  | 'AUDIT_RETENTION'
  | 'MESSAGE_RETENTION'
>;

/**
 * Deletes at most `limit` rows that have expired, and returns how many. A row that somebody holds is left for another
 * time, so that nobody waits for the clean-up and any number of them may run at once.
 */
export type DeleteBatch = (db: Db, retentions: Retentions, limit: number) => Promise<number>;

/** What a request that is under way, or a clock that is a little off, may still believe of a key that has expired. */
const KEY_GRACE_MS = 3_600_000;

const resetJobPrefix = `${kebabCase(sendPasswordReset.type)}:`;

/**
 * What is deleted, in this order. `emails` are not among it: their keys are what keeps an email from being sent twice,
 * for ever ("one welcome email per user"), long after the engine has forgotten the job. Nor are orders and their payments:
 * they are the books.
 */
export const expiredRows = {
  /**
   * Not needed any more: the token lives for an hour, and its email is tried for three days. Until the retention is over
   * an old token is told apart from a wrong one. A request whose job is still to be started is kept, whatever its age.
   */
  passwordResets: async (db, { PASSWORD_RESET_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM password_resets
          WHERE requested_at < ${ago(PASSWORD_RESET_RETENTION)}
            AND (expires_at IS NULL OR expires_at < now())
            AND NOT EXISTS (
              SELECT FROM outbox
              WHERE outbox.job_id = ${resetJobPrefix}::text || password_resets.account_key
                AND outbox.dispatched_at IS NULL AND outbox.dropped_at IS NULL)
          ORDER BY requested_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM password_resets USING batch WHERE password_resets.id = batch.id`.execute(db),
    ),

  /**
   * A key means something until it expires; a request that finds it expired takes it over. A key that such a request
   * holds is locked, and is alive again when the lock is gone. The hour on top is for a request that began before.
   */
  idempotencyKeys: async (db, _retentions, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT scope, key FROM idempotency_keys
          WHERE expires_at < ${ago(KEY_GRACE_MS)}
          ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM idempotency_keys USING batch
        WHERE idempotency_keys.scope = batch.scope AND idempotency_keys.key = batch.key`.execute(db),
    ),

  /**
   * Entries whose start was made or dropped, and whose time has come. What keeps a job from being started twice is its workflow id and our own rows, never
   * the entry; a job's view reads entries that are not made yet, and those are kept for as long as it takes. So are dead ones, which
   * wait for an operator.
   */
  outboxEntries: async (db, { OUTBOX_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM outbox
          WHERE (dispatched_at < ${ago(OUTBOX_RETENTION)} OR dropped_at < ${ago(OUTBOX_RETENTION)})
            AND outcome IS DISTINCT FROM 'dead'
            AND (start_at IS NULL OR start_at < ${ago(OUTBOX_RETENTION)})
          LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM outbox USING batch WHERE outbox.id = batch.id`.execute(db),
    ),

  /** For people alone: they are shown with the job. Those of a run that still fails now and then are kept. */
  failedAttempts: async (db, { FAILED_ATTEMPTS_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT job_id, run_id, activity_id, attempt FROM failed_attempts AS old
          WHERE ended_at < ${ago(FAILED_ATTEMPTS_RETENTION)}
            AND NOT EXISTS (
              SELECT FROM failed_attempts AS newer
              WHERE newer.job_id = old.job_id AND newer.run_id = old.run_id
                AND newer.ended_at >= ${ago(FAILED_ATTEMPTS_RETENTION)})
          ORDER BY ended_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM failed_attempts AS attempt USING batch
        WHERE attempt.job_id = batch.job_id AND attempt.run_id = batch.run_id
          AND attempt.activity_id = batch.activity_id AND attempt.attempt = batch.attempt`.execute(db),
    ),

  /**
   * What came of a bulk job is in the rows that it changed. Its job is locked with them: one whose failed items are being
   * tried again is not over any more. The items are looked up job by job, the one that ended first before the others, so that those of jobs that
   * are kept are not read, however many there are.
   */
  bulkItems: async (db, { BULK_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT item.bulk_job_id, item.position
          FROM bulk_jobs AS job
          CROSS JOIN LATERAL (
            SELECT bulk_job_id, position FROM bulk_items WHERE bulk_job_id = job.id
            ORDER BY position LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS item
          WHERE job.ended_at < ${ago(BULK_RETENTION)}
          ORDER BY job.ended_at LIMIT ${limit} FOR UPDATE OF job SKIP LOCKED)
        DELETE FROM bulk_items USING batch
        WHERE bulk_items.bulk_job_id = batch.bulk_job_id AND bulk_items.position = batch.position`.execute(
        db,
      ),
    ),

  /**
   * Once their items are gone, so that no statement deletes a million rows. Each job's first item is looked up: an anti-join could
   * read the items of all jobs.
   */
  bulkJobs: async (db, { BULK_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM bulk_jobs
          WHERE ended_at < ${ago(BULK_RETENTION)}
            AND (SELECT position FROM bulk_items WHERE bulk_items.bulk_job_id = bulk_jobs.id
              ORDER BY position LIMIT 1) IS NULL
          ORDER BY ended_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM bulk_jobs USING batch WHERE bulk_jobs.id = batch.id`.execute(db),
    ),
  /** Nothing but people reads them. */
  auditEntries: async (db, { AUDIT_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM audit_entries
          WHERE at < ${ago(AUDIT_RETENTION)}
          ORDER BY at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM audit_entries USING batch WHERE audit_entries.id = batch.id`.execute(db),
    ),

  /**
   * Completed items: what came of them is in the rows that they changed. With an item its dedupe key is forgotten. A dead
   * one is kept for as long as nobody has requeued or deleted it: its work is still to be done.
   */
  workItems: async (db, { WORK_ITEM_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM work_items
          WHERE status = 'completed' AND ended_at < ${ago(WORK_ITEM_RETENTION)}
          ORDER BY ended_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM work_items USING batch WHERE work_items.id = batch.id`.execute(db),
    ),

  /** The broker has them. Those that are not published yet are kept for as long as it takes. */
  publishedMessages: async (db, { MESSAGE_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM outgoing_messages
          WHERE published_at < ${ago(MESSAGE_RETENTION)}
          ORDER BY published_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM outgoing_messages USING batch WHERE outgoing_messages.id = batch.id`.execute(db),
    ),

  /** Messages of the embedded queue that were accepted, or are dead: what is dead is in `dead_letters` too. */
  settledMessages: async (db, { MESSAGE_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM queued_messages
          WHERE settled_at < ${ago(MESSAGE_RETENTION)}
          ORDER BY settled_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM queued_messages USING batch WHERE queued_messages.id = batch.id`.execute(db),
    ),

  /** Dead letters that are resolved. Open ones wait for an operator, whatever their age. */
  deadLetters: async (db, { MESSAGE_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT id FROM dead_letters
          WHERE resolved_at < ${ago(MESSAGE_RETENTION)}
          ORDER BY resolved_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM dead_letters USING batch WHERE dead_letters.id = batch.id`.execute(db),
    ),

  /** Counts of messages that never came to an end here: somebody took them out of the broker's queue. */
  messageFailures: async (db, { MESSAGE_RETENTION }, limit) =>
    deleted(
      await sql`
        WITH batch AS MATERIALIZED (
          SELECT queue, message_key FROM message_failures
          WHERE last_failed_at < ${ago(MESSAGE_RETENTION)}
          ORDER BY last_failed_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        DELETE FROM message_failures USING batch
        WHERE message_failures.queue = batch.queue
          AND message_failures.message_key = batch.message_key`.execute(db),
    ),

  /**
   * Items of uploads whose process died, which nothing has ever seen: an upload that still comes in is renewed every few
   * seconds, however long it takes.
   */
  uploadedItems: async (db, _retentions, limit) => {
    await abandonLapsedUploads(db);
    let rows = 0;
    while (rows < limit) {
      const some = await deleteAbandonedItems(db, limit - rows);
      if (some === 0) break;
      rows += some;
    }
    return rows;
  },

  /** Once their items are gone. */
  uploads: (db, _retentions, limit) => deleteAbandonedUploads(db, limit),
} satisfies Record<keyof DeletedRows, DeleteBatch>;

function deleted(result: { numAffectedRows?: bigint }): number {
  return Number(result.numAffectedRows ?? 0);
}
