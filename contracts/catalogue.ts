import { createJobs } from 'durable-jobs/define';
import { bulkTasks } from './bulk.ts';
import { deleteExpired } from './jobs/delete-expired.ts';
import { eraseSubject } from './jobs/erase-subject.ts';
import { mailReport } from './jobs/mail-report.ts';
import { processOrder } from './jobs/process-order.ts';
import { refreshStatistics } from './jobs/refresh-statistics.ts';
import { returnPayment } from './jobs/return-payment.ts';
import { runDailyReport } from './jobs/run-daily-report.ts';
import { runMaintenance } from './jobs/run-maintenance.ts';
import { sendPasswordReset } from './jobs/send-password-reset.ts';
import { sendWelcomeEmail } from './jobs/send-welcome-email.ts';
import { syncPayments } from './jobs/sync-payments.ts';

/** Every job of the application, including the library's own. */
export const jobs = createJobs(
  [
    sendWelcomeEmail,
    sendPasswordReset,
    processOrder,
    returnPayment,
    runDailyReport,
    mailReport,
    refreshStatistics,
    syncPayments,
    deleteExpired,
    eraseSubject,
    runMaintenance,
  ],
  bulkTasks,
);
