import { eraseSubject } from '../contracts/jobs/erase-subject.ts';
import { processOrder } from '../contracts/jobs/process-order.ts';
import { returnPayment } from '../contracts/jobs/return-payment.ts';
import { sendPasswordReset } from '../contracts/jobs/send-password-reset.ts';
import { syncPayments } from '../contracts/jobs/sync-payments.ts';
import { type JobRules, type JobRulesByType, libraryJobRules } from 'durable-jobs/jobs';
import { eraseSubjectRules } from './accounts/erase-subject-rules.ts';
import { passwordResetRules } from './accounts/job-rules.ts';
import { orderRules } from './orders/job-rules.ts';
import { returnPaymentRules } from './orders/return-payment-rules.ts';
import { reconciliationRules } from './reconciliation/job-rules.ts';

/** The rules for operators' actions, by job type. */
export const jobRules: JobRulesByType = new Map<string, JobRules>([
  ...libraryJobRules,
  [processOrder.type, orderRules],
  [returnPayment.type, returnPaymentRules],
  [sendPasswordReset.type, passwordResetRules],
  [syncPayments.type, reconciliationRules],
  [eraseSubject.type, eraseSubjectRules],
]);
