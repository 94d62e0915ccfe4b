import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/**
 * Deletes completed work items: their effects are in the rows that they changed. The item's dedupe key is forgotten with it. A dead item is
 * kept until an operator requeues or deletes it.
 */
export const deleteCompletedItems: DeleteBatch<Pick<WorkerConfig, 'WORK_ITEM_RETENTION'>> = (
  db,
  { WORK_ITEM_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    {
      table: 'work_items',
      key: ['id'],
      where: sql`status = 'completed' AND ended_at < ${ago(WORK_ITEM_RETENTION)}`,
      orderBy: 'ended_at',
    },
    limit,
  );
