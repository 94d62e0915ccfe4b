import { ActionRefusedError } from '../jobs/act/refusal.ts';
import type { JobRules } from '../jobs/act/job-rules.ts';

const REASON = 'A hosted service has no end: pause it by POST /api/services/:id/pause.';

/** A hosted service is paused and resumed as such; every worker keeps its job running. */
export const hostedServiceRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notPausable: REASON,
  settle: () => Promise.resolve({ did: 'The workers start it again within a minute.', starts: [] }),
};
