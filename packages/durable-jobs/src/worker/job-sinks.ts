import type { InjectedSinks } from '@temporalio/worker';
import type { JobSinks } from '../telemetry/context-header.ts';
import { recordRun } from '../telemetry/tracing.ts';
import { jobDuration, jobsEnded, jobsStarted, jobWait } from '../telemetry/job-metrics.ts';

/** Runs of hosted services last half a day, so each unit of their work has its own trace instead. */
export const HOSTED = 'hostService';

/**
 * Counts what workflows report, and records their spans. A workflow task that is repeated because its worker died reports the same again:
 * the figures are for monitoring, not for accounting.
 */
export const jobSinks = createJobSinks();

/** The same as {@link jobSinks}, which also report the id of each job that has ended. */
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
