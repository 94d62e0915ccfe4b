import type { InjectedSinks } from '@temporalio/worker';
import type { JobSinks } from '../telemetry/context-header.ts';
import { recordRun } from '../telemetry/tracing.ts';
import { jobDuration, jobsEnded, jobsStarted, jobWait } from '../telemetry/job-metrics.ts';

/** Runs of hosted services last for half a day: each unit of their work is a trace of its own instead. */
export const HOSTED = 'hostService';

/**
 * Counts what workflows tell, and records their spans. A workflow task that is repeated after its worker died tells again what the dead one told:
 * the figures are for watching, and not for accounts.
 */
export const jobSinks = createJobSinks();

/** As {@link jobSinks}, which also say of each job by its id that it has ended. */
export function createJobSinks(onEnded?: (jobId: string) => void): InjectedSinks<JobSinks> {
  return {
    jobs: {
      started: {
        fn({ workflowType: type }, { waitMs }) {
          jobsStarted.inc({ type });
          jobWait.observe({ type }, waitMs / 1000);
        },
      },
      runEnded: {
        fn({ workflowType: type, workflowId, runId }, run) {
          const { outcome, jobStartedAt, endedAt } = run;
          if (type !== HOSTED) {
            const attributes = {
              'durable_jobs.job.id': workflowId,
              'durable_jobs.run.id': runId,
              'durable_jobs.job.outcome': outcome,
            };
            recordRun(type, attributes, run);
          }
          if (outcome === 'continued') return;
          onEnded?.(workflowId);
          jobsEnded.inc({ type, outcome });
          jobDuration.observe({ type, outcome }, (endedAt - jobStartedAt) / 1000);
        },
      },
    },
  };
}
