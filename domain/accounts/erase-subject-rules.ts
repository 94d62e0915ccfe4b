import { ActionRefusedError, type JobRules } from 'durable-jobs/jobs';

const REASON = 'It erases the data of a person, and must complete.';

/** Rules for the job of an erasure: a promised erasure must be completed, so operators can neither pause, cancel nor terminate it. */
export const eraseSubjectRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
