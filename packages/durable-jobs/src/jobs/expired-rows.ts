import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/**
 * Deletes expired outbox entries whose start was made or dropped. The workflow id and the application's own rows prevent a second start,
 * never the entry. Entries that are not made yet are kept indefinitely, as are dead ones, which wait for an operator. One whose run holds a slot
 * of a limit is kept because it may yet stand for later starts, and then for as long as those. Of the starts that were
 * replaced, those are kept that the one which stands for them needs: what waits for their job waits for it, or may do so again when it is dead
 * and requeued, and if it turns out not to be made, the newest start of another job is made in its place.
 */
export const deleteOldEntries: DeleteBatch<Pick<WorkerConfig, 'OUTBOX_RETENTION'>> = (
  db,
  { OUTBOX_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    {
      table: 'outbox',
      key: ['id'],
      where: sql`(dispatched_at < ${ago(OUTBOX_RETENTION)} OR dropped_at < ${ago(OUTBOX_RETENTION)})
        AND outcome IS DISTINCT FROM 'dead'
        AND NOT EXISTS (SELECT FROM limit_slots WHERE entry_id = outbox.id AND ends_at IS NULL)
        AND NOT (merge_id IS NOT NULL AND outcome IS DISTINCT FROM 'replaced' AND EXISTS (
          SELECT FROM outbox AS replaced
          WHERE replaced.merge_id = outbox.merge_id AND replaced.outcome = 'replaced'
            AND replaced.dropped_at >= ${ago(OUTBOX_RETENTION)}))
        AND NOT (outcome IS NOT DISTINCT FROM 'replaced' AND EXISTS (
          SELECT FROM outbox AS standing
          WHERE standing.merge_id = outbox.merge_id AND standing.outcome IS DISTINCT FROM 'replaced'
            AND (coalesce(standing.dispatched_at, standing.dropped_at, 'infinity') >= ${ago(OUTBOX_RETENTION)}
              OR standing.outcome IS NOT DISTINCT FROM 'dead')
            AND (
              EXISTS (
                SELECT FROM awaited_jobs WHERE job_id = outbox.job_id AND up_to_entry_id >= outbox.id
                  AND (ended_at IS NULL OR unmade_entry_id = standing.id))
              OR (standing.outcome IS NULL OR standing.outcome = 'dead') AND standing.job_id <> outbox.job_id
                AND NOT EXISTS (
                  SELECT FROM outbox AS newer
                  WHERE newer.merge_id = outbox.merge_id AND newer.id > outbox.id AND newer.outcome = 'replaced'
                    AND newer.job_id <> standing.job_id))))
        AND (start_at IS NULL OR start_at < ${ago(OUTBOX_RETENTION)})`,
    },
    limit,
  );

/** Deletes failed attempts, which are shown with their job. Those of a run that still fails occasionally are kept. */
export const deleteOldFailedAttempts: DeleteBatch<Pick<WorkerConfig, 'FAILED_ATTEMPTS_RETENTION'>> = (
  db,
  { FAILED_ATTEMPTS_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    {
      table: 'failed_attempts',
      key: ['job_id', 'run_id', 'activity_id', 'attempt'],
      where: sql`ended_at < ${ago(FAILED_ATTEMPTS_RETENTION)}
        AND NOT EXISTS (
          SELECT FROM failed_attempts AS newer
          WHERE newer.job_id = failed_attempts.job_id AND newer.run_id = failed_attempts.run_id
            AND newer.ended_at >= ${ago(FAILED_ATTEMPTS_RETENTION)})`,
      orderBy: 'ended_at',
    },
    limit,
  );

/** Deletes cancellations that SQL requested and that were carried out or refused. */
export const deleteEndedCancellations: DeleteBatch<Pick<WorkerConfig, 'OUTBOX_RETENTION'>> = (
  db,
  { OUTBOX_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    {
      table: 'job_cancellations',
      key: ['id'],
      where: sql`ended_at < ${ago(OUTBOX_RETENTION)}`,
      orderBy: 'ended_at',
    },
    limit,
  );

/**
 * Deletes groups that were never closed: nothing was added to them for as long as starts are kept, and all of their jobs ended that long
 * ago. A closed group is deleted with the start of the job that completes it.
 */
export const deleteOpenGroups: DeleteBatch<Pick<WorkerConfig, 'OUTBOX_RETENTION'>> = (
  db,
  { OUTBOX_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    {
      table: 'job_groups',
      key: ['id'],
      where: sql`closed_at IS NULL AND created_at < ${ago(OUTBOX_RETENTION)}
        AND NOT EXISTS (
          SELECT FROM awaited_jobs
          WHERE group_id = job_groups.id AND (ended_at IS NULL OR ended_at >= ${ago(OUTBOX_RETENTION)}))`,
    },
    limit,
  );
