import { z } from 'zod';
import { timelineJson, whyJson } from './explain/explain-json.ts';
import { exampleJob, exampleView, type ExampleJob } from './example-job.ts';
import type { Why } from './explain/why.ts';
import { inWords } from './kebab-case.ts';
import { jobJson, jobPageJson, jobResultJson } from './job-json.ts';
import { listJobsQuery } from './list/list-query.ts';
import type { Timeline } from './timeline/timeline.ts';
import { time } from '../http/json.ts';
import { jobIdParams, jobResultQuery, jobRunQuery, startJobFields } from './schemas.ts';
import type { JobRegistry } from './registry.ts';
import { json, jsonBody, jsonOrPage, type ResourceDocs, text } from '../http/openapi/describe.ts';
import type { AnyProblem } from '../http/problem-kinds.ts';
import { exampleIds } from '../http/openapi/examples.ts';
import { lastEventIdHeaders } from '../http/openapi/headers.ts';
import { byJobType } from './job-inputs.ts';

function startBody(jobs: JobRegistry) {
  return byJobType(jobs, 'StartJob', 'type', (type, input) =>
    startJobFields(jobs).extend({ type: z.literal(type), input }),
  );
}

const error = { code: 'ServiceUnavailable', message: 'The service responded with 503.' };

/** Examples of a job that waits for its second attempt, as the routes return it. */
function examplesOf(job: ExampleJob) {
  const { id, type, taskQueue } = job;
  const retrying: z.output<typeof jobJson> = {
    ...exampleView(job),
    status: 'retrying',
    attempts: [
      {
        activity: type,
        number: 1,
        startedAt: '2026-03-02T09:16:00.120Z',
        endedAt: '2026-03-02T09:16:00.480Z',
        error,
      },
    ],
    plannedAttempts: ['2026-03-02T09:17:00.480Z', '2026-03-02T09:22:00.480Z', '2026-03-02T09:37:00.480Z'],
    deadline: '2026-03-02T09:38:00.480Z',
    starts: [
      {
        acceptedAt: '2026-03-02T09:16:00.020Z',
        startAt: null,
        expiresAt: null,
        outcome: 'started',
        runId: exampleIds.run,
      },
    ],
  };

  const resultOf: z.output<typeof jobResultJson> = {
    id,
    runId: retrying.runId,
    type: retrying.type,
    status: retrying.status,
    closedAt: null,
    result: null,
    failure: null,
    links: { job: retrying.links.self },
  };

  const failed = `Attempt 1 of 4 of ${inWords(type)} failed with ${error.code}: The service responded with 503`;

  const whyRetrying: Why = {
    code: 'retrying',
    sentence: `${failed}; the next one begins at 2026-03-02T09:17:00.480Z.`,
    activity: type,
    attempt: 1,
    of: 4,
    worker: '4711@worker-1',
    queue: taskQueue,
    error,
    nextAt: '2026-03-02T09:17:00.480Z',
    actions: [
      {
        does: 'Starts the next attempt now.',
        method: 'POST',
        path: `/api/jobs/${id}/retry`,
        body: { scope: 'attempt' },
      },
    ],
  };
  return { retrying, resultOf, whyRetrying };
}

/** API description of an application's jobs. `cancelRefusals` are the problems with which the application's rules refuse a cancellation. */
export const jobDocs = (jobs: JobRegistry, cancelRefusals: readonly AnyProblem[] = []): ResourceDocs => {
  const why = whyJson(jobs);
  const job = exampleJob(jobs);
  const { id, type, businessKey } = job;
  const { retrying, resultOf, whyRetrying } = examplesOf(job);
  const started = exampleJob(jobs, { startable: true });
  return {
    name: 'Jobs',
    description: 'Start, find, explain and follow jobs, and act on them.',
    routes: {
      'POST /api/jobs': {
        id: 'startJob',
        summary: 'Start a job once, now or later',
        description:
          'Without `delay` and `startAt` it starts at once; they exclude each other, and so do `expiresIn` and `expiresAt`. With `after` it waits until another job has ended so. Each request starts a job of its own, unless it has a `dedupeKey`: then the first request with that key does, and later ones are answered with that job and `started: false`.',
        body: jsonBody(
          startBody(jobs),
          started.input && { type: started.type, input: started.input, delay: '10m' },
        ),
        answers: {
          202: json(
            'The job is accepted.',
            z.strictObject({
              jobId: z.string(),
              runId: z.string().nullable().meta({
                description: 'Null until the engine has started it, which it does after this response.',
              }),
              type: z.string(),
              started: z.boolean().nullable().meta({
                description:
                  'Whether this request starts the job: false if its `dedupeKey` is already used, and null if the key is new, as far as the outbox remembers: the engine, which may know it from earlier, decides. It is also null if the job is debounced or its concurrency keeps one start, because another start may replace this one. The job shows the outcome under `starts`.',
              }),
              startAt: time.nullable().meta({
                description:
                  'When the job starts; null for immediately. If this request does not start the job, when the existing job starts or started.',
              }),
              warnings: z
                .array(z.strictObject({ code: z.enum(['queue_not_polled']), message: z.string() }))
                .meta({
                  description:
                    "A warning if no worker currently polls the job's queue. The job is accepted in any case.",
                }),
            }),
            {
              jobId: `${started.id}-5f0c2f1e-6c1b-4d5e-9a43-0d7d3c2b1a90`,
              runId: null,
              type: started.type,
              started: true,
              startAt: '2026-03-02T09:26:00.000Z',
              warnings: [],
            },
            { Location: 'The job.' },
          ),
        },
      },
      'GET /api/jobs': {
        id: 'listJobs',
        summary: 'Find jobs, newest first',
        description:
          'Each open job is listed with its current status. If you filter by an error, or by what open jobs are doing, a page may be shorter than requested and still have a next page.',
        query: listJobsQuery(jobs),
        answers: {
          200: jsonOrPage('A page of jobs.', jobPageJson, {
            items: [
              {
                id,
                runId: exampleIds.run,
                startId: null,
                type,
                businessKey,
                status: 'failed',
                createdAt: '2026-03-02T09:16:00.050Z',
                startsAt: null,
                closedAt: '2026-03-02T09:37:02.000Z',
                failure: error,
                lastError: null,
                links: { self: retrying.links.self, ui: retrying.links.ui },
              },
            ],
            nextCursor: null,
            asOf: '2026-03-02T09:40:00.000Z',
          }),
        },
        problems: ['engineUnavailable'],
      },
      'GET /api/jobs/:id': {
        id: 'getJob',
        summary: 'Read a job',
        description: 'Returns the newest run, or the run `runId`.',
        params: jobIdParams,
        query: jobRunQuery,
        answers: {
          200: jsonOrPage(
            'The state of the job: what it has done, what it is doing, and what is planned.',
            jobJson,
            retrying,
          ),
        },
        problems: ['notFound', 'engineUnavailable'],
      },
      'GET /api/jobs/:id/result': {
        id: 'getJobResult',
        summary: 'Wait for the result of a job',
        description:
          'Of its newest run. With `wait`, the answer comes as soon as the job has ended, and after that time at the latest: ask again where it is 202.',
        params: jobIdParams,
        query: jobResultQuery,
        answers: {
          200: json('It has ended.', jobResultJson, {
            ...resultOf,
            status: 'completed',
            closedAt: '2026-03-02T09:17:01.000Z',
            result: { outcome: 'completed' },
          }),
          202: json('It has not ended.', jobResultJson, resultOf),
        },
        problems: ['notFound', 'engineUnavailable', 'tooManyRequests'],
      },
      'GET /api/jobs/:id/why': {
        id: 'explainJob',
        summary: 'Explain the state of a job',
        description:
          'Returns a code for programs, a sentence for people, and the facts behind them; docs/jobs.md lists the codes.',
        params: jobIdParams,
        answers: {
          200: json('What the job is doing or waiting for, or how it ended.', why, whyRetrying),
        },
        problems: ['notFound', 'engineUnavailable'],
      },
      'GET /api/jobs/:id/timeline': {
        id: 'getJobTimeline',
        summary: 'Read the timeline of a job',
        description:
          'Returns the timeline of the newest run, or of the run `runId`. As HTML, it is a page with a picture on a time axis.',
        params: jobIdParams,
        query: jobRunQuery,
        answers: {
          200: jsonOrPage('The steps of the job, oldest first.', timelineJson(why), {
            id,
            runId: exampleIds.run,
            type,
            status: 'retrying',
            from: '2026-03-02T09:16:00.020Z',
            to: null,
            why: whyRetrying,
            steps: [
              {
                kind: 'attempt',
                at: '2026-03-02T09:16:00.120Z',
                until: '2026-03-02T09:16:00.480Z',
                durationMs: 360,
                text: `${inWords(type)}, attempt 1 of 4, failed with ${error.code}: ${error.message}`,
                activity: type,
                attempt: 1,
                error: whyRetrying.error,
              },
            ],
            note: null,
            links: { job: retrying.links.self, previousRun: null, nextRun: null },
          } satisfies Timeline),
        },
        problems: ['notFound', 'notAcceptable', 'engineUnavailable'],
      },
      'GET /api/jobs/:id/events': {
        id: 'watchJob',
        summary: 'Follow a job',
        description:
          'Sends `status` at each change, and `end` when the job has ended, after which the stream closes. The data of both contains the status, the reason, the newest attempt and, for a bulk job, its progress. Resume with `Last-Event-ID`.',
        params: jobIdParams,
        headers: lastEventIdHeaders,
        answers: {
          200: text(
            'Events, until the job ends.',
            'text/event-stream',
            `id: p6yUxJ0yZ2nD5cQk\nevent: status\ndata: {"id":"${id}","status":"retrying"}\n\n`,
          ),
        },
        problems: ['notFound', 'engineUnavailable', 'tooManyRequests'],
      },
      'DELETE /api/jobs/:id': {
        id: 'deleteJob',
        summary: 'Cancel a job',
        description: 'The job ends as `cancelled` after its workflow has cleaned up.',
        params: jobIdParams,
        answers: {
          202: json('Cancellation was requested.', jobJson, {
            ...retrying,
            status: 'cancelled',
            plannedAttempts: [],
          }),
        },
        problems: ['notFound', 'jobClosed', 'jobNotCancellable', ...cancelRefusals, 'engineUnavailable'],
      },
    },
  };
};
