import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

/** Deletes old entries of the audit trail, which no program depends on. */
export const deleteOldAuditEntries: DeleteBatch<Pick<WorkerConfig, 'AUDIT_RETENTION'>> = (
  db,
  { AUDIT_RETENTION },
  limit,
) =>
  deleteBatch(
    db,
    { table: 'audit_entries', key: ['id'], where: sql`at < ${ago(AUDIT_RETENTION)}`, orderBy: 'at' },
    limit,
  );
