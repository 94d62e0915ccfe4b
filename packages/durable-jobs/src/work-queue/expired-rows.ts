import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/**
 * Deletes completed work items: what came of them is in the rows that they changed. With an item its dedupe key is forgotten. A dead
 * item is kept until an operator requeues or deletes it.
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
