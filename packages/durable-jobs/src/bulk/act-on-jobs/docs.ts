import { json, jsonBody, type ResourceDocs } from '../../http/openapi/describe.ts';
import { exampleIds } from '../../http/openapi/examples.ts';
import type { JobRegistry } from '../../jobs/registry.ts';
import { batchFields, batchJson, dryRunJson } from './batch-body.ts';

/** Documentation of acting on many jobs, which is listed with that of acting on one. */
export const jobBatchDocs = (jobs: JobRegistry): ResourceDocs['routes'] => ({
  'POST /api/jobs/batch': {
    id: 'actOnJobs',
    summary: 'Act on many jobs',
    description:
      'The jobs that match become the items of a bulk job, which acts on each: it has progress, can be paused and cancelled, and lists those that refused. Without a status, `retry` means failed jobs, and the others open ones.',
    body: jsonBody(batchFields(jobs), {
      query: { type: 'processOrder', errorCode: 'PaymentFailed' },
      action: 'retry',
      reason: 'the provider is back',
    }),
    answers: {
      200: json('What a dry run found.', dryRunJson, {
        dryRun: true,
        total: 1,
        jobs: [{ id: `process-order:${exampleIds.order}`, runId: exampleIds.run, type: 'processOrder' }],
        asOf: '2026-03-02T09:40:00.000Z',
      }),
      202: json('The bulk job that acts on them.', batchJson, {
        id: exampleIds.bulkJob,
        jobId: `process-bulk:${exampleIds.bulkJob}`,
        total: 512,
        links: {
          bulkJob: `/api/bulk-jobs/${exampleIds.bulkJob}`,
          events: `/api/bulk-jobs/${exampleIds.bulkJob}/events`,
        },
      }),
    },
    problems: ['engineUnavailable'],
  },
});
