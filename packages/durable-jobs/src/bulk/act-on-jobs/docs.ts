import { json, jsonBody, type ResourceDocs } from '../../http/openapi/describe.ts';
import { exampleIds } from '../../http/openapi/examples.ts';
import { exampleJob } from '../../jobs/example-job.ts';
import type { JobRegistry } from '../../jobs/registry.ts';
import { processBulkId } from '../process-bulk.ts';
import { batchFields, batchJson, dryRunJson } from './batch-body.ts';

/** API description of acting on many jobs, which is listed together with acting on one job. */
export const jobBatchDocs = (jobs: JobRegistry): ResourceDocs['routes'] => {
  const { id, type } = exampleJob(jobs);
  return {
    'POST /api/jobs/batch': {
      id: 'actOnJobs',
      summary: 'Act on many jobs',
      description:
        'The matching or named jobs become the items of a bulk job, which acts on each one. It has progress, can be paused and cancelled, and lists the jobs that refused the action. It acts on exactly the runs and starts that matched or were named. Without a status, `retry` applies to failed jobs, and the other actions to open jobs.',
      body: jsonBody(batchFields(jobs), {
        query: { type, errorCode: 'ServiceUnavailable' },
        action: 'retry',
        reason: 'the service is back',
      }),
      answers: {
        200: json('The result of a dry run.', dryRunJson, {
          dryRun: true,
          total: 1,
          jobs: [{ id, runId: exampleIds.run, startId: null, type, refusal: null }],
          unmadeStarts: 0,
          asOf: '2026-03-02T09:40:00.000Z',
        }),
        202: json('The bulk job that acts on the jobs.', batchJson, {
          id: exampleIds.bulkJob,
          jobId: processBulkId(exampleIds.bulkJob),
          total: 512,
          unmadeStarts: 3,
          links: {
            bulkJob: `/api/bulk-jobs/${exampleIds.bulkJob}`,
            events: `/api/bulk-jobs/${exampleIds.bulkJob}/events`,
          },
        }),
      },
      problems: ['engineUnavailable'],
    },
  };
};
