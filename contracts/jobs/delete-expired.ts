import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** Empty: the configuration says what has expired, see docs/upkeep.md. */
export type DeleteExpiredInput = z.infer<typeof input>;

/** The number of deleted rows, by kind. */
export interface DeletedRows {
  passwordResets: number;
  idempotencyKeys: number;
  outboxEntries: number;
  jobCancellations: number;
  openGroups: number;
  failedAttempts: number;
  bulkItems: number;
  bulkJobs: number;
  workItems: number;
  auditEntries: number;
  publishedMessages: number;
  settledMessages: number;
  deadLetters: number;
  messageFailures: number;
  uploadedItems: number;
  uploads: number;
}

/** The counts of a clean-up that found nothing. */
export const nothingDeleted: Readonly<DeletedRows> = {
  passwordResets: 0,
  idempotencyKeys: 0,
  outboxEntries: 0,
  jobCancellations: 0,
  openGroups: 0,
  failedAttempts: 0,
  bulkItems: 0,
  bulkJobs: 0,
  workItems: 0,
  auditEntries: 0,
  publishedMessages: 0,
  settledMessages: 0,
  deadLetters: 0,
  messageFailures: 0,
  uploadedItems: 0,
  uploads: 0,
};

/** The result of a clean-up. */
export interface DeleteExpiredResult {
  deleted: DeletedRows;
  total: number;
}

/** Deletes rows that are no longer needed. */
export const deleteExpired = defineWorkflow({
  type: 'deleteExpired',
  description:
    'Deletes expired reset requests, idempotency keys, made outbox entries, old failed attempts, bulk jobs, interrupted uploads, completed work items, old audit entries and messages.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'on-demand',
  summary: () => 'Deletion of expired rows',
  startPolicy: 'in-turn',
  schedulable: true,
});
