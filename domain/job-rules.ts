import type { JobType } from '../contracts/signatures.ts';
import type { JobRules } from '../packages/durable-jobs/src/jobs/act/job-rules.ts';
import { bulkRules } from '../packages/durable-jobs/src/bulk/job-rules.ts';
import { eraseSubjectRules } from './accounts/erase-subject-rules.ts';
import { hostedServiceRules } from '../packages/durable-jobs/src/hosted-services/job-rules.ts';
import { orderRules } from './orders/job-rules.ts';
import { passwordResetRules } from './accounts/job-rules.ts';
import { reconciliationRules } from './reconciliation/job-rules.ts';
import { returnPaymentRules } from './orders/return-payment-rules.ts';

/** The rules of every type that has some. */
const rules: Partial<Record<JobType, JobRules>> = {
  processOrder: orderRules,
  returnPayment: returnPaymentRules,
  sendPasswordReset: passwordResetRules,
  processBulk: bulkRules,
  startBulkJob: {
    settle: () =>
      Promise.resolve({
        did: 'A bulk job that it has made goes on: it can be cancelled itself.',
        starts: [],
      }),
  },
  syncPayments: reconciliationRules,
  eraseSubject: eraseSubjectRules,
  hostService: hostedServiceRules,
};

/** The rules of a type. */
export function rulesOf(type: JobType): JobRules {
  return rules[type] ?? {};
}
