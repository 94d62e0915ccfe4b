import { deleteOldAuditEntries } from '../access/expired-rows.ts';
import { deleteOldItems, deleteOldJobs, deleteUploadedItems, deleteUploads } from '../bulk/expired-rows.ts';
import type { WorkerConfig } from '../config/config.ts';
import type { DeleteBatch } from '../database/delete-batch.ts';
import { deleteExpiredKeys } from '../http/expired-rows.ts';
import {
  deleteEndedCancellations,
  deleteOldEntries,
  deleteOldFailedAttempts,
  deleteOpenGroups,
} from '../jobs/expired-rows.ts';
import {
  deleteOldFailureCounts,
  deletePublishedMessages,
  deleteResolvedLetters,
  deleteSettledMessages,
} from '../messages/expired-rows.ts';
import { deleteCompletedItems } from '../work-queue/expired-rows.ts';

/** The settings that say how long the library's rows are kept, in milliseconds. */
export type LibraryRetentions = Pick<
  WorkerConfig,
  | 'OUTBOX_RETENTION'
  | 'FAILED_ATTEMPTS_RETENTION'
  | 'BULK_RETENTION'
  | 'AUDIT_RETENTION'
  | 'WORK_ITEM_RETENTION'
  | 'MESSAGE_RETENTION'
>;

/**
 * The kinds of expired rows in the library's tables, in the order in which they are deleted. `emails` are not included: their keys prevent
 * an email from being sent twice long after the engine has forgotten the job.
 */
export const libraryExpiredRows = {
  idempotencyKeys: deleteExpiredKeys,
  outboxEntries: deleteOldEntries,
  jobCancellations: deleteEndedCancellations,
  openGroups: deleteOpenGroups,
  failedAttempts: deleteOldFailedAttempts,
  bulkItems: deleteOldItems,
  bulkJobs: deleteOldJobs,
  auditEntries: deleteOldAuditEntries,
  workItems: deleteCompletedItems,
  publishedMessages: deletePublishedMessages,
  settledMessages: deleteSettledMessages,
  deadLetters: deleteResolvedLetters,
  messageFailures: deleteOldFailureCounts,
  uploadedItems: deleteUploadedItems,
  uploads: deleteUploads,
} satisfies Record<string, DeleteBatch<LibraryRetentions>>;
