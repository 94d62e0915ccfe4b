import { ActionRefusedError, type JobRules } from 'durable-jobs/jobs';

const REASON = 'It erases the data of a person, and must complete.';

/** An erasure that was promised must happen: operators can neither pause, cancel nor terminate it. */
export const eraseSubjectRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notTerminable: REASON,
  notPausable: REASON,
};
