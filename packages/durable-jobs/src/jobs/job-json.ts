import { z } from 'zod';
import { errorJson, pageJson, time } from '../http/json.ts';
import { jobStartJson } from './job-start.ts';
import { jobStatuses } from './job-view.ts';
import type { JobPage, ListedJob } from './list/list-jobs.ts';
import type { ShownJob } from './read-job.ts';

/** A job as JSON, see {@link ShownJob}. */
export const jobJson = z
  .strictObject({
    id: z.string().meta({ description: '`<job type in kebab-case>:<business key>`' }),
    runId: z.string().nullable().meta({ description: 'Of this run; null until the engine has started it.' }),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z.enum(jobStatuses).meta({
      description:
        '`scheduled` before its time or its start, `waiting` for a timer or a message, `retrying` between two attempts, `paused` by an operator.',
    }),
    createdAt: time,
    closedAt: time.nullable(),
    cancelRequestedAt: time.nullable().meta({
      description:
        'Since when its cancellation, or that of the activity which it runs, is in progress; null where none is.',
    }),
    attempts: z.array(
      z.strictObject({
        activity: z.string(),
        number: z.int(),
        startedAt: time.nullable().meta({ description: 'Null where the attempt was lost with its worker.' }),
        endedAt: time.nullable(),
        error: errorJson.nullable(),
      }),
    ),
    plannedAttempts: z.array(time).meta({
      description: 'The earliest times that the coming attempts can have, none of them in the past.',
    }),
    deadline: time.nullable().meta({
      description: 'When it gives up, or stops waiting, at the latest; null where nothing ends it.',
    }),
    result: z.unknown().meta({ description: "What the job's workflow returned; null until it has." }),
    failure: errorJson.nullable(),
    links: z.strictObject({
      self: z.string(),
      ui: z.string().nullable().meta({ description: 'The same run in the Web UI.' }),
      retryOf: z.string().nullable().meta({ description: 'The run that this one tries again.' }),
      retriedBy: z.string().nullable().meta({ description: 'The run that tries this one again.' }),
    }),
    starts: z.array(jobStartJson).meta({
      description:
        'The starts that were committed for it, with what became of each: newest first, ten at most, for as long as the outbox keeps them.',
    }),
  })
  .meta({ id: 'Job' }) satisfies z.ZodType<ShownJob>;

/** A job in a list as JSON, see {@link ListedJob}. */
const listedJobJson = z
  .strictObject({
    id: z.string(),
    runId: z.string().nullable(),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z.enum(jobStatuses).meta({ description: 'As the job itself says.' }),
    createdAt: time,
    startsAt: time.nullable().meta({ description: 'When a `scheduled` one begins.' }),
    closedAt: time.nullable(),
    failure: errorJson.nullable(),
    lastError: errorJson
      .nullable()
      .meta({ description: 'What the last attempt of a `retrying` one failed with.' }),
    links: z.strictObject({ self: z.string(), ui: z.string().nullable() }),
  })
  .meta({ id: 'ListedJob' }) satisfies z.ZodType<ListedJob>;

/** A page of jobs as JSON, see {@link JobPage}. */
export const jobPageJson = pageJson(listedJobJson)
  .extend({
    asOf: time.meta({
      description: 'Up to when the list is complete: it is a moment behind what a job itself tells.',
    }),
  })
  .meta({ id: 'JobPage' }) satisfies z.ZodType<JobPage>;
