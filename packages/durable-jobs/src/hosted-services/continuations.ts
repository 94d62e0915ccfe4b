import type { Client } from '@temporalio/client';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import { watchEndsOnce } from '../jobs/flow/watch-ends.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { polling, type HostedService } from './hosted-service.ts';

/**
 * Polling interval. Workers report the ends that they see; a start after an unreported end is at most this late during its first minutes.
 */
const POLL_MS = 5_000;

/** Dependencies of the service. */
export interface ContinuationsDeps {
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
}

/** Creates the service that starts jobs that wait for others to end, and completes groups of jobs. */
export function createContinuations({ temporal: client, jobs, jobRules }: ContinuationsDeps): HostedService {
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: 5_000,
    async round({ db, logger, report }) {
      const { settled, more, nextAt } = await watchEndsOnce({ db, client, jobs, jobRules, logger });
      report({ processed: settled, ...(settled > 0 && { busy: true }) });
      return { more, nextAt };
    },
  });
}
