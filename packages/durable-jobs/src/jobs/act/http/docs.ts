import type { z } from 'zod';
import type { ActionRequest } from '../job-actions.ts';
import {
  actedOnJobJson,
  cancelByKeyFields,
  reasonBody,
  rescheduleBody,
  retryBody,
  terminateBody,
} from './schemas.ts';
import { exampleJob, exampleView, type ExampleJob } from '../../example-job.ts';
import type { JobRegistry } from '../../registry.ts';
import { jobIdParams } from '../../schemas.ts';
import { json, jsonBody, type ResourceDocs, type RouteDocs } from '../../../http/openapi/describe.ts';
import type { AnyProblem } from '../../../http/problem-kinds.ts';
import { exampleIds } from '../../../http/openapi/examples.ts';

const example = (
  job: ExampleJob,
  name: ActionRequest['action'],
  did: string,
  rest: Partial<z.output<typeof actedOnJobJson>>,
): z.output<typeof actedOnJobJson> => ({ ...exampleView(job), ...rest, action: { name, did } });

const route = (
  docs: Pick<RouteDocs, 'id' | 'summary' | 'description' | 'problems'>,
  body: RouteDocs['body'],
  answer: z.output<typeof actedOnJobJson>,
): RouteDocs => ({
  ...docs,
  params: jobIdParams,
  ...(body && { body }),
  answers: { 202: json('The new state of the job, and what was done.', actedOnJobJson, answer) },
  problems: ['notFound', ...(docs.problems ?? []), 'engineUnavailable'],
});

const why = jsonBody(reasonBody, { reason: 'the service is back' }, { required: false });

/** API description of acting on jobs. `cancelRefusals` are the problems with which the application's rules refuse a cancellation. */
export const jobActionDocs = (
  jobs: JobRegistry,
  cancelRefusals: readonly AnyProblem[] = [],
): ResourceDocs => {
  const job = exampleJob(jobs);
  const { id, type, businessKey } = job;
  return {
    name: 'Acting on jobs',
    description: 'Actions of operators on jobs. Each returns the new state of the job.',
    routes: {
      'POST /api/jobs/:id/cancel': route(
        {
          id: 'cancelJob',
          summary: 'Cancel a job',
          description:
            'The job ends as `cancelled` after its workflow has cleaned up. The same as `DELETE /api/jobs/{id}`.',
          problems: ['jobClosed', 'jobNotCancellable', ...cancelRefusals],
        },
        why,
        example(job, 'cancel', 'Cancellation was requested: the job ends after it has cleaned up.', {}),
      ),
      'POST /api/jobs/cancel': {
        id: 'cancelJobByKey',
        summary: 'Cancel a job by its type and key',
        description:
          'As `POST /api/jobs/{id}/cancel`, for callers who know the key and not the id, whatever characters the key has. It also finds a start that SQL has enqueued a moment ago.',
        body: jsonBody(cancelByKeyFields, { type, key: businessKey }),
        answers: {
          202: json(
            'The new state of the job, and what was done.',
            actedOnJobJson,
            example(job, 'cancel', 'Cancellation was requested: the job ends after it has cleaned up.', {}),
          ),
        },
        problems: ['notFound', 'jobClosed', 'jobNotCancellable', ...cancelRefusals, 'engineUnavailable'],
      },
      'POST /api/jobs/:id/terminate': route(
        {
          id: 'terminateJob',
          summary: 'Terminate a job',
          description:
            'Ends the job immediately, without its own cleanup. The service closes what the job left open, by the rules of its type. Repeat the request to close what a job left open that was terminated by other means.',
          problems: ['jobClosed', 'jobNotTerminable'],
        },
        jsonBody(terminateBody, { reason: 'it waits for an answer that will not come' }),
        example(job, 'terminate', 'The job was terminated. It left nothing open.', {
          status: 'terminated',
          closedAt: '2026-03-02T09:20:00.000Z',
        }),
      ),
      'POST /api/jobs/:id/retry': route(
        {
          id: 'retryJob',
          summary: 'Retry a job',
          description:
            'Starts a job again that has ended without success, with the same input, once per run. For a job that waits for its next attempt, makes that attempt now.',
          problems: ['jobNotRetryable'],
        },
        jsonBody(retryBody, { scope: 'run', reason: 'the service is back' }, { required: false }),
        example(job, 'retry', 'The job is started again with the same input.', {
          links: {
            self: `/api/jobs/${id}`,
            ui: null,
            retryOf: `/api/jobs/${id}?runId=${exampleIds.run}`,
            retriedBy: null,
            waitsFor: null,
            replacedBy: null,
          },
        }),
      ),
      'POST /api/jobs/:id/pause': route(
        {
          id: 'pauseJob',
          summary: 'Pause a job',
          description:
            'No further attempt begins, and what the job waits for does not happen. An attempt that is running finishes.',
          problems: ['jobClosed', 'jobNotPausable'],
        },
        why,
        example(job, 'pause', `Paused: ${type} (no attempt begins), the workflow.`, {
          status: 'paused',
        }),
      ),
      'POST /api/jobs/:id/resume': route(
        { id: 'resumeJob', summary: 'Resume a job', problems: ['jobClosed', 'jobNotPaused'] },
        why,
        example(job, 'resume', `Resumed: ${type}, what it waits for.`, {}),
      ),
      'POST /api/jobs/:id/reschedule': route(
        {
          id: 'rescheduleJob',
          summary: 'Reschedule a job',
          description: 'Moves the start, the timer, or the next attempt that the job is waiting for.',
          problems: ['jobClosed', 'jobNotReschedulable'],
        },
        jsonBody(rescheduleBody, { at: '2030-03-02T12:00:00Z' }),
        example(job, 'reschedule', `The next attempt begins at 2030-03-02T12:00:00.000Z: ${type}.`, {
          status: 'retrying',
          plannedAttempts: ['2030-03-02T12:00:00.000Z'],
        }),
      ),
    },
  };
};
