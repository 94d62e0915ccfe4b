import { ActionRefusedError } from '../jobs/act/refusal.ts';
import type { JobRules } from '../jobs/act/job-rules.ts';

const REASON = 'A hosted service has no end: pause it by POST /api/services/:id/pause.';

/** Rules for the jobs of hosted services: a service is paused and resumed through its own routes, and workers keep its job running. */
export const hostedServiceRules: JobRules = {
  beforeCancelling: () => Promise.reject(new ActionRefusedError('jobNotCancellable', REASON)),
  notPausable: REASON,
  settle: () => Promise.resolve({ did: 'The workers start it again within a minute.', starts: [] }),
};
