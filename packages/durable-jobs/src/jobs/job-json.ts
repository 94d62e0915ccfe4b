import { z } from 'zod';
import { errorJson, pageJson, time } from '../http/json.ts';
import { urgencyJson } from '../values/priority.ts';
import { jobStartJson } from './job-start.ts';
import { jobStatuses } from './job-view.ts';
import type { JobPage } from './list/list-jobs.ts';
import type { ListedJob } from './list/listed-job.ts';
import type { ShownJob } from './read-job.ts';

/** A job as JSON, see {@link ShownJob}. */
export const jobJson = z
  .strictObject({
    id: z.string().meta({ description: '`<job type in kebab-case>:<business key>`' }),
    runId: z
      .string()
      .nullable()
      .meta({ description: 'The id of this run; null until the engine has started it.' }),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z.enum(jobStatuses).meta({
      description:
        '`scheduled`: before its start; `waiting`: for a timer or a message; `retrying`: between two attempts; `paused`: by an operator.',
    }),
    createdAt: time,
    closedAt: time.nullable(),
    cancelRequestedAt: time.nullable().meta({
      description:
        'When cancellation of the job, or of the activity that it runs, was requested; null if no cancellation is in progress.',
    }),
    ...urgencyJson,
    attempts: z.array(
      z.strictObject({
        activity: z.string(),
        number: z.int(),
        startedAt: time.nullable().meta({ description: 'Null if the attempt was lost with its worker.' }),
        endedAt: time.nullable(),
        error: errorJson.nullable(),
      }),
    ),
    plannedAttempts: z.array(time).meta({
      description: 'The earliest times of the next attempts, none of them in the past.',
    }),
    deadline: time.nullable().meta({
      description:
        'The latest time at which the job gives up or stops waiting; null if it has no time limit.',
    }),
    progress: z
      .unknown()
      .meta({ description: 'What the job last reported while it runs; null if it reported nothing.' }),
    result: z
      .unknown()
      .meta({ description: 'The result that the job returned; null until it has completed.' }),
    failure: errorJson.nullable(),
    links: z.strictObject({
      self: z.string(),
      ui: z.string().nullable().meta({ description: 'The same run in the Web UI.' }),
      retryOf: z.string().nullable().meta({ description: 'The run that this run retries.' }),
      retriedBy: z.string().nullable().meta({ description: 'The run that retries this run.' }),
      waitsFor: z
        .string()
        .nullable()
        .meta({ description: 'The job or group of jobs that must end before this job starts.' }),
      replacedBy: z.string().nullable().meta({
        description: 'The job that runs in its place, because a later start of its key replaced its start.',
      }),
    }),
    starts: z.array(jobStartJson).meta({
      description:
        'The committed starts of the job with the outcome of each: newest first, at most ten, for as long as the outbox keeps them.',
    }),
  })
  .meta({ id: 'Job' }) satisfies z.ZodType<ShownJob>;

/** How a job ended, or its current state, as JSON; see {@link JobResult}. */
export const jobResultJson = jobJson
  .pick({ id: true, runId: true, type: true, status: true, closedAt: true, result: true, failure: true })
  .extend({ links: z.strictObject({ job: z.string() }) })
  .meta({ id: 'JobResult' });

/** A job in a list as JSON, see {@link ListedJob}. */
const listedJobJson = z
  .strictObject({
    id: z.string(),
    runId: z.string().nullable(),
    startId: z.int().nullable().meta({
      description: 'Identifies the start of a job that is not made yet, and has no run; null for a run.',
    }),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z.enum(jobStatuses).meta({ description: 'The current status of the job.' }),
    createdAt: time,
    startsAt: time.nullable().meta({ description: 'When a `scheduled` job starts.' }),
    closedAt: time.nullable(),
    failure: errorJson.nullable(),
    lastError: errorJson
      .nullable()
      .meta({ description: 'The error of the last attempt of a `retrying` job.' }),
    links: z.strictObject({ self: z.string(), ui: z.string().nullable() }),
  })
  .meta({ id: 'ListedJob' }) satisfies z.ZodType<ListedJob>;

/** A page of jobs as JSON, see {@link JobPage}. */
export const jobPageJson = pageJson(listedJobJson)
  .extend({
    asOf: time.meta({
      description:
        'The time up to which the list is complete. The list lags slightly behind the jobs themselves.',
    }),
  })
  .meta({ id: 'JobPage' }) satisfies z.ZodType<JobPage>;
