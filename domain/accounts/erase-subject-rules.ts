import { ActionRefusedError, type JobRules } from 'durable-jobs/jobs';

const REASON = 'It deletes the data of a person, and must complete.';

/** Whoever was promised to be forgotten is: nobody holds that up. */
export const eraseSubjectRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
