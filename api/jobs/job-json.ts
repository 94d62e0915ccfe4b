import { z } from 'zod';
import { searchableStatuses } from '../../platform/visibility-query.ts';
import { errorJson, pageJson, time } from '../json.ts';
import { whyCodes, type Why, type WhyAction } from './explain-job.ts';
import type { JobView } from './job-view.ts';
import type { JobPage, ListedJob } from './list-jobs.ts';
import type { Step, Timeline } from './timeline.ts';

/** A job as JSON, see {@link JobView}. */
export const jobJson = z
  .strictObject({
    id: z.string().meta({ description: '`<job type in kebab-case>:<business key>`' }),
    runId: z.string().nullable().meta({ description: 'Of this run; null until the engine has started it.' }),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z
      .enum([
        'scheduled',
        'running',
        'waiting',
        'retrying',
        'paused',
        'completed',
        'failed',
        'cancelled',
        'terminated',
      ])
      .meta({
        description:
          '`scheduled` before its time or its start, `waiting` for a timer or somebody, `retrying` between two attempts, `paused` by an operator.',
      }),
    createdAt: time,
    closedAt: time.nullable(),
    attempts: z.array(
      z.strictObject({
        activity: z.string(),
        number: z.int(),
        startedAt: time.nullable().meta({ description: 'Null where the attempt was lost with its worker.' }),
        endedAt: time.nullable(),
        error: errorJson.nullable(),
      }),
    ),
    plannedAttempts: z
      .array(time)
      .meta({ description: 'The earliest times that the coming attempts can have.' }),
    deadline: time.nullable().meta({
      description: 'When it gives up, or stops waiting, at the latest; null where nothing ends it.',
    }),
    result: z.unknown().meta({ description: "What the job's workflow returned; null until it has." }),
    failure: errorJson.nullable(),
    links: z.strictObject({
      self: z.string(),
      ui: z.string().nullable().meta({ description: 'The same run in the Web UI.' }),
    }),
  })
  .meta({ id: 'Job' }) satisfies z.ZodType<JobView>;

/** A job in a list as JSON, see {@link ListedJob}. */
const listedJobJson = z
  .strictObject({
    id: z.string(),
    runId: z.string().nullable(),
    type: z.string(),
    businessKey: z.string().nullable(),
    status: z.enum(searchableStatuses),
    createdAt: time,
    startsAt: time.nullable().meta({ description: 'When a `scheduled` one begins.' }),
    closedAt: time.nullable(),
    failure: errorJson.nullable(),
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

/** What somebody can do about a job as JSON, see {@link WhyAction}. */
const whyActionJson = z.strictObject({
  does: z.string(),
  method: z.enum(['POST', 'PUT', 'DELETE']).exactOptional(),
  path: z.string().exactOptional(),
}) satisfies z.ZodType<WhyAction>;

/** Why a job stands where it does as JSON, see {@link Why}. */
export const whyJson = z
  .strictObject({
    code: z.enum(whyCodes).meta({ description: 'One word for programs. A released one is never renamed.' }),
    sentence: z.string().meta({ description: 'The same for people.' }),
    since: time.exactOptional(),
    activity: z.string().exactOptional(),
    attempt: z.int().exactOptional(),
    of: z.int().exactOptional().meta({ description: 'How many attempts there are at most.' }),
    error: errorJson.exactOptional(),
    nextAt: time.exactOptional().meta({ description: 'When it goes on by itself.' }),
    until: time.exactOptional().meta({ description: 'Until when it waits.' }),
    queue: z.string().exactOptional(),
    worker: z.string().exactOptional().meta({ description: 'Which worker has it, or had it last.' }),
    by: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    child: z.string().exactOptional().meta({ description: 'The job that it waits for.' }),
    outcome: z.string().exactOptional(),
    actions: z.array(whyActionJson).meta({ description: 'What an operator can do about it.' }),
  })
  .meta({ id: 'Why' }) satisfies z.ZodType<Why>;

const stepJson = z.strictObject({
  kind: z.enum([
    'accepted',
    'started',
    'attempt',
    'retry-wait',
    'wait',
    'message',
    'child',
    'effect',
    'trouble',
    'end',
  ]),
  at: time,
  until: time.nullable().meta({ description: 'Null for what goes on still.' }),
  durationMs: z.number().nullable(),
  text: z.string(),
  activity: z.string().exactOptional(),
  attempt: z.int().exactOptional(),
  error: errorJson.exactOptional(),
}) satisfies z.ZodType<Step>;

/** What happened to a run of a job as JSON, see {@link Timeline}. */
export const timelineJson = z
  .strictObject({
    id: z.string(),
    runId: z.string(),
    type: z.string(),
    status: jobJson.shape.status,
    from: time,
    to: time.nullable(),
    why: whyJson,
    steps: z.array(stepJson).meta({ description: 'Oldest first.' }),
    note: z.string().nullable().meta({ description: 'What is not shown, where something is not.' }),
    links: z.strictObject({
      job: z.string(),
      previousRun: z.string().nullable(),
      nextRun: z.string().nullable(),
    }),
  })
  .meta({ id: 'Timeline' }) satisfies z.ZodType<Timeline>;
