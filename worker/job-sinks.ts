import type { InjectedSinks } from '@temporalio/worker';
import type { JobSinks } from '../contracts/job-context.ts';
import { jobDuration, jobsEnded, jobsStarted, jobWait } from '../platform/telemetry/job-metrics.ts';

/**
 * Counts what workflows tell. A workflow task that is repeated after its worker died tells again what the dead one told:
 * the figures are for watching, and not for accounts.
 */
export const jobSinks: InjectedSinks<JobSinks> = {
  jobs: {
    started: {
      fn({ workflowType: type }, { waitMs }) {
        jobsStarted.inc({ type });
        jobWait.observe({ type }, waitMs / 1000);
      },
    },
    runEnded: {
      fn({ workflowType: type }, { outcome, jobStartedAt, endedAt }) {
        if (outcome === 'continued') return;
        jobsEnded.inc({ type, outcome });
        jobDuration.observe({ type, outcome }, (endedAt - jobStartedAt) / 1000);
      },
    },
  },
};
