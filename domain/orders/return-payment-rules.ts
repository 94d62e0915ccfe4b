import { ActionRefusedError, type JobRules } from 'durable-jobs/jobs';

const REASON = 'It returns payments for orders that were not completed.';

/** Money that has to go back does: nobody holds that up. It can be tried at once, and again if it was ended from outside. */
export const returnPaymentRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
