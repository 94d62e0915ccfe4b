import { ActionRefusedError } from '../refusal.ts';
import type { JobRules } from '../job-rules.ts';

const REASON = 'It sees to it that no money is kept which is not ours.';

/** Money that has to go back does: nobody holds that up. It can be tried at once, and again where it was ended from outside. */
export const returnPaymentRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
