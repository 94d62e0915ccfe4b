import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';
import { abandonLapsedUploads, deleteAbandonedItems, deleteAbandonedUploads } from './upload-rows.ts';

type DeleteBulkRows = DeleteBatch<Pick<WorkerConfig, 'BULK_RETENTION'>>;

/**
 * Deletes items of bulk jobs that ended long ago; their results are in the rows that they changed. Their job is locked as well, because
 * retrying its failed items reopens it. Items are looked up job by job, beginning with the job that ended first, so that the items of
 * retained jobs are not read.
 */
export const deleteOldItems: DeleteBulkRows = async (db, { BULK_RETENTION }, limit) => {
  const { numAffectedRows } = await sql`
    WITH batch AS MATERIALIZED (
      SELECT item.bulk_job_id, item.position
      FROM bulk_jobs AS job
      CROSS JOIN LATERAL (
        SELECT bulk_job_id, position FROM bulk_items WHERE bulk_job_id = job.id
        ORDER BY position LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS item
      WHERE job.ended_at < ${ago(BULK_RETENTION)}
      ORDER BY job.ended_at LIMIT ${limit} FOR UPDATE OF job SKIP LOCKED)
    DELETE FROM bulk_items USING batch
    WHERE bulk_items.bulk_job_id = batch.bulk_job_id AND bulk_items.position = batch.position`.execute(db);
  return Number(numAffectedRows ?? 0);
};

/**
 * Deletes bulk jobs whose items are deleted, so that no statement deletes a million rows. Each job's first item is looked up, because an
 * anti-join could read the items of all jobs.
 */
export const deleteOldJobs: DeleteBulkRows = (db, { BULK_RETENTION }, limit) =>
  deleteBatch(
    db,
    {
      table: 'bulk_jobs',
      key: ['id'],
      where: sql`ended_at < ${ago(BULK_RETENTION)}
        AND (SELECT position FROM bulk_items WHERE bulk_items.bulk_job_id = bulk_jobs.id
          ORDER BY position LIMIT 1) IS NULL`,
      orderBy: 'ended_at',
    },
    limit,
  );

/**
 * Deletes items of uploads whose process died; nothing has read them. An upload in progress is renewed every few seconds, however long it
 * takes.
 */
export const deleteUploadedItems: DeleteBatch<unknown> = async (db, _settings, limit) => {
  await abandonLapsedUploads(db);
  let rows = 0;
  while (rows < limit) {
    const some = await deleteAbandonedItems(db, limit - rows);
    if (some === 0) break;
    rows += some;
  }
  return rows;
};

/** Deletes abandoned uploads whose items are deleted. */
export const deleteUploads: DeleteBatch<unknown> = (db, _settings, limit) =>
  deleteAbandonedUploads(db, limit);
