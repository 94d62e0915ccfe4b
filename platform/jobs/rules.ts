import type { JobType } from '../../contracts/signatures.ts';
import type { JobRules } from './job-rules.ts';
import { bulkRules } from './rules/bulk.ts';
import { eraseSubjectRules } from './rules/erase-subject.ts';
import { hostedServiceRules } from './rules/hosted-services.ts';
import { orderRules } from './rules/orders.ts';
import { passwordResetRules } from './rules/password-resets.ts';
import { reconciliationRules } from './rules/reconciliations.ts';
import { returnPaymentRules } from './rules/return-payment.ts';

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
