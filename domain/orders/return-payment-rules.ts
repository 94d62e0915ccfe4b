import { ActionRefusedError, type JobRules } from 'durable-jobs/jobs';

const REASON = 'It returns payments for orders that were not completed.';

/**
 * Rules for the job that returns a payment: operators can neither pause, cancel nor terminate it, but they can retry it, even after it was
 * ended from outside.
 */
export const returnPaymentRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
