import type { LibrarySignatures } from 'durable-jobs/define';
import type { DeleteExpiredInput, DeleteExpiredResult } from './jobs/delete-expired.ts';
import type { EraseSubjectInput, EraseSubjectResult } from './jobs/erase-subject.ts';
import type { MailReportInput, MailReportResult } from './jobs/mail-report.ts';
import type { ProcessOrderInput, ProcessOrderResult } from './jobs/process-order.ts';
import type { ReturnPaymentInput, ReturnPaymentResult } from './jobs/return-payment.ts';
import type { RefreshStatisticsInput, RefreshStatisticsResult } from './jobs/refresh-statistics.ts';
import type { RunDailyReportInput, RunDailyReportResult } from './jobs/run-daily-report.ts';
import type { RunMaintenanceInput, RunMaintenanceResult } from './jobs/run-maintenance.ts';
import type { SendPasswordResetInput, SendPasswordResetResult } from './jobs/send-password-reset.ts';
import type { SendWelcomeEmailInput, SendWelcomeEmailResult } from './jobs/send-welcome-email.ts';
import type { SyncPaymentsInput, SyncPaymentsResult } from './jobs/sync-payments.ts';

/**
 * The signature of each workflow, by workflow type. The API starts workflows by these, without importing the workflows; test/types compares
 * them with the workflows themselves.
 */
export type Signatures = LibrarySignatures & {
  sendWelcomeEmail: (input: SendWelcomeEmailInput) => Promise<SendWelcomeEmailResult>;
  sendPasswordReset: (input: SendPasswordResetInput) => Promise<SendPasswordResetResult>;
  processOrder: (input: ProcessOrderInput) => Promise<ProcessOrderResult>;
  returnPayment: (input: ReturnPaymentInput) => Promise<ReturnPaymentResult>;
  runDailyReport: (input: RunDailyReportInput) => Promise<RunDailyReportResult>;
  mailReport: (input: MailReportInput) => Promise<MailReportResult>;
  refreshStatistics: (input: RefreshStatisticsInput) => Promise<RefreshStatisticsResult>;
  syncPayments: (input: SyncPaymentsInput) => Promise<SyncPaymentsResult>;
  deleteExpired: (input: DeleteExpiredInput) => Promise<DeleteExpiredResult>;
  eraseSubject: (input: EraseSubjectInput) => Promise<EraseSubjectResult>;
  runMaintenance: (input: RunMaintenanceInput) => Promise<RunMaintenanceResult>;
};

/** The workflow type of a job, which is the name of its exported workflow function. */
export type JobType = keyof Signatures;

/** The input object of a job's workflow. */
export type JobInput<K extends JobType> = Parameters<Signatures[K]>[0];
