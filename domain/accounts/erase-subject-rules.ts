import { ActionRefusedError } from '../../packages/durable-jobs/src/jobs/act/refusal.ts';
import type { JobRules } from '../../packages/durable-jobs/src/jobs/act/job-rules.ts';

const REASON = 'It deletes the data of a person, and must complete.';

/** Whoever was promised to be forgotten is: nobody holds that up. */
export const eraseSubjectRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
