import type { JobDefinition } from '../packages/durable-jobs/src/jobs/define-job.ts';
import type { JobInput, JobType } from './signatures.ts';
import { processBulk } from '../packages/durable-jobs/src/bulk/process-bulk.ts';
import { eraseSubject } from './jobs/erase-subject.ts';
import { deleteExpired } from './jobs/delete-expired.ts';
import { hostService } from '../packages/durable-jobs/src/hosted-services/host-service.ts';
import { processOrder } from './jobs/process-order.ts';
import { returnPayment } from './jobs/return-payment.ts';
import { refreshStatistics } from './jobs/refresh-statistics.ts';
import { mailReport } from './jobs/mail-report.ts';
import { runDailyReport } from './jobs/run-daily-report.ts';
import { startBulkJob } from '../packages/durable-jobs/src/bulk/start-bulk-job.ts';
import { runMaintenance } from './jobs/run-maintenance.ts';
import { sendPasswordReset } from './jobs/send-password-reset.ts';
import { sendWelcomeEmail } from './jobs/send-welcome-email.ts';
import { syncPayments } from './jobs/sync-payments.ts';

/** The catalogue's type: an entry for each signature, and for nothing else. */
type Catalogue = { readonly [K in JobType]: JobDefinition<K, JobInput<K>> };

/** Every job of the service, by workflow type. */
export const catalogue: Catalogue = {
  sendWelcomeEmail,
  sendPasswordReset,
  processOrder,
  returnPayment,
  runDailyReport,
  mailReport,
  refreshStatistics,
  startBulkJob,
  processBulk,
  syncPayments,
  deleteExpired,
  eraseSubject,
  runMaintenance,
  hostService,
};

/** Whether a workflow type is one of ours. */
export function isJobType(type: string): type is JobType {
  return Object.hasOwn(catalogue, type);
}
