import type { z } from 'zod';
import { jsonOrPage, type ResourceDocs } from '../../http/openapi/describe.ts';
import { pageJson } from '../../http/json.ts';
import { resolutionDocs } from '../../http/resolutions.ts';
import { exampleJob } from '../example-job.ts';
import type { JobRegistry } from '../registry.ts';
import { deadStartJson } from './json.ts';
import { deadStartParams, deadStartsQuery } from './routes.ts';

const exampleOf = (jobType: string): z.output<typeof deadStartJson> => ({
  id: '4711',
  status: 'dead',
  jobType,
  jobId: null,
  input: { until: 'tomorrow' },
  dedupeKey: null,
  startAt: null,
  requestId: null,
  reason: { code: 'invalid_input', message: 'Unrecognized key: "until"' },
  attempts: 1,
  acceptedAt: '2026-03-02T09:20:00.000Z',
  deadSince: '2026-03-02T09:20:00.000Z',
  discardReason: null,
  omitted: [],
  links: { self: '/api/dead-starts/4711', job: null },
});

/** API description of dead starts. */
export const deadStartDocs = (jobs: JobRegistry): ResourceDocs => {
  const example = exampleOf(exampleJob(jobs).type);
  return {
    name: 'Dead starts',
    description:
      'Starts of jobs that were committed but cannot be made: the job type is unknown (`unknown_job_type`), the input that SQL enqueued does not fit the job (`invalid_input`), the key of the job is not valid (`invalid_key`), the fairness that it derives is not valid (`invalid_fairness`), the key of a limit is not valid (`invalid_limit`), the wait for another job could not end (`invalid_after`), or the engine refuses the start (`refused_by_engine`).',
    routes: {
      'GET /api/dead-starts': {
        id: 'listDeadStarts',
        summary: 'List the dead starts, newest first',
        query: deadStartsQuery,
        answers: {
          200: jsonOrPage('A page of dead starts.', pageJson(deadStartJson), {
            items: [example],
            nextCursor: null,
          }),
        },
      },
      'GET /api/dead-starts/:id': {
        id: 'getDeadStart',
        summary: 'Read a start that is dead or was discarded',
        params: deadStartParams,
        answers: { 200: jsonOrPage('The start.', deadStartJson, example) },
        problems: ['notFound'],
      },
      ...resolutionDocs({
        path: '/api/dead-starts',
        noun: 'dead start',
        name: 'DeadStart',
        params: deadStartParams,
        item: deadStartJson,
        requeue: {
          summary: 'Try a dead start again',
          description:
            'Use this after you have fixed the cause. The start is checked again, and is dead again if nothing has changed.',
          answer: 'The relay tries the start again.',
          example: { ...example, status: 'requeued' },
        },
        discard: {
          answer: 'The start is discarded; it is deleted after `OUTBOX_RETENTION`.',
          example: { ...example, status: 'discarded', discardReason: 'The job was started by hand.' },
        },
        closed: 'startNotDead',
      }),
    },
  };
};
