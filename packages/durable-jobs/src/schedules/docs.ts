import { z } from 'zod';
import { overlapPolicies, scheduleFieldsOf, scheduleId } from './definition.ts';
import { lintCodes } from './lint.ts';
import { calendarInput } from './timing.ts';
import { pageJson, time } from '../http/json.ts';
import { pageQuery } from '../http/paging.ts';
import { backfillBody, previewBody, schedulePathParams, stateChangeBody, triggerBody } from './schemas.ts';
import { empty, json, jsonBody, jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { scheduleUrl } from '../engine/web-ui.ts';
import { exampleIds, exampleUi } from '../http/openapi/examples.ts';
import { exampleJob, type ExampleJob } from '../jobs/example-job.ts';
import { kebabCase } from '../jobs/kebab-case.ts';
import { byJobType } from '../jobs/job-inputs.ts';
import type { JobRegistry } from '../jobs/registry.ts';

/** The fields of a schedule; each field that is omitted keeps its value. */
function patchBody(jobs: JobRegistry) {
  const fields = scheduleFieldsOf(jobs).shape;
  return z
    .strictObject({
      ...fields,
      input: fields.input.unwrap(),
      timeZone: fields.timeZone.unwrap(),
      jitter: fields.jitter.unwrap(),
      overlap: fields.overlap.unwrap(),
      catchupWindow: fields.catchupWindow.unwrap(),
      pauseOnFailure: fields.pauseOnFailure.unwrap(),
      note: fields.note.unwrap(),
    })
    .partial();
}

const run = z.strictObject({
  utc: time,
  local: z
    .string()
    .meta({ description: "In the schedule's time zone; in UTC if Node.js does not know that time zone." }),
});

const warning = z
  .strictObject({ code: z.enum(lintCodes), message: z.string() })
  .meta({ id: 'ScheduleWarning', description: 'A warning for the author of the schedule.' });

const schedule = z
  .strictObject({
    id: z.string(),
    job: z.string(),
    input: z.record(z.string(), z.unknown()),
    cron: z.string().optional(),
    every: z.string().optional(),
    calendar: calendarInput.optional(),
    timeZone: z.string(),
    jitter: z.string(),
    overlap: z.enum(overlapPolicies),
    catchupWindow: z.string(),
    pauseOnFailure: z.boolean(),
    note: z.string().meta({ description: 'The purpose of the schedule.' }),
    owner: z.enum(['declared', 'api']).nullable().meta({
      description:
        'A declared schedule is changed in code, and can be paused and triggered here. Null if the owner can no longer be decrypted.',
    }),
    unreadable: z.boolean().meta({
      description:
        'Whether the input is encrypted with a key that no longer exists: runs fail until the input is replaced.',
    }),
    paused: z.boolean(),
    stateNote: z.string().nullable().meta({
      description:
        'The reason for the last pause or resume, as an operator, the engine or another tool gave it. Null if no reason was given.',
    }),
    nextRuns: z.array(run),
    recentRuns: z
      .array(
        z.strictObject({
          jobId: z.string(),
          scheduledAt: time,
          startedAt: time,
          outcome: z.enum([
            'running',
            'completed',
            'failed',
            'cancelled',
            'terminated',
            'timed_out',
            'unknown',
          ]),
          links: z.strictObject({ job: z.string() }),
        }),
      )
      .meta({ description: 'Newest first, at most ten.' }),
    counts: z
      .strictObject({
        started: z.int(),
        missedCatchupWindow: z.int(),
        skippedForOverlap: z.int(),
        lost: z.int().meta({
          description:
            'Runs that were due and never started, contrary to the policy: beyond the catch-up window, dropped because too many were waiting, or skipped although the policy is not `skip`.',
        }),
      })
      .meta({ description: 'Since the schedule was created.' }),
    createdAt: time,
    warnings: z.array(warning),
    links: z.strictObject({ self: z.string(), ui: z.string() }),
  })
  .meta({ id: 'Schedule' });

const scheduleName = 'every-ten-minutes';
const note = 'During the migration.';

const exampleOf = ({ type, input = {} }: ExampleJob): z.output<typeof schedule> => {
  const jobId = `${kebabCase(type)}:${scheduleName}-2026-03-02T09:10:00Z`;
  return {
    id: scheduleName,
    job: type,
    input: { ...input },
    cron: '*/10 * * * *',
    timeZone: 'Europe/Berlin',
    jitter: '30s',
    overlap: 'skip',
    catchupWindow: '1d',
    pauseOnFailure: false,
    note,
    owner: 'api',
    unreadable: false,
    paused: false,
    stateNote: null,
    nextRuns: [{ utc: '2026-03-02T09:20:12.000Z', local: '2026-03-02T10:20:12+01:00' }],
    recentRuns: [
      {
        jobId,
        scheduledAt: '2026-03-02T09:10:00.000Z',
        startedAt: '2026-03-02T09:10:07.000Z',
        outcome: 'completed',
        links: { job: `/api/jobs/${jobId}` },
      },
    ],
    counts: { started: 12, missedCatchupWindow: 0, skippedForOverlap: 0, lost: 0 },
    createdAt: '2026-03-02T07:15:00.000Z',
    warnings: [],
    links: { self: `/api/schedules/${scheduleName}`, ui: scheduleUrl(exampleUi, scheduleName) },
  };
};

/** API description of schedules. */
export function scheduleDocs(jobs: JobRegistry): ResourceDocs {
  const job = exampleJob(jobs, { startable: true });
  const example = exampleOf(job);
  const createBody = byJobType(jobs, 'Schedule', 'job', (type, input) =>
    scheduleFieldsOf(jobs)
      .extend({ id: scheduleId, job: z.literal(type), input })
      .strict(),
  );
  return {
    name: 'Schedules',
    description:
      'Recurring starts of jobs. Declared schedules are kept in code: they can be paused, resumed, triggered and backfilled here, but not edited.',
    routes: {
      'GET /api/schedules': {
        id: 'listSchedules',
        summary: 'List the schedules',
        description: 'Ordered by id, with their next and recent runs.',
        query: pageQuery,
        answers: {
          200: jsonOrPage('A page of schedules.', pageJson(schedule), { items: [example], nextCursor: null }),
        },
        problems: ['engineUnavailable'],
      },
      'POST /api/schedules': {
        id: 'createSchedule',
        summary: 'Create a schedule',
        description: 'Give exactly one of `cron` (five fields), `every` and `calendar`.',
        body: jsonBody(
          createBody,
          job.input && {
            id: scheduleName,
            job: job.type,
            input: job.input,
            cron: '*/10 * * * *',
            timeZone: 'Europe/Berlin',
            jitter: '30s',
            note,
          },
        ),
        answers: { 201: json('The schedule is created.', schedule, example, { Location: 'The schedule.' }) },
        problems: ['scheduleTaken', 'engineUnavailable'],
      },
      'POST /api/schedules/preview': {
        id: 'previewSchedule',
        summary: 'See when a schedule would run',
        description: 'Creates nothing.',
        access: 'viewer',
        body: jsonBody(previewBody, { cron: '30 2 * * *', timeZone: 'Europe/Berlin', count: 2 }),
        answers: {
          200: json(
            'The next runs, with warnings.',
            z.strictObject({
              timeZone: z.string(),
              runs: z.array(run),
              jitter: z.string().nullable(),
              warnings: z.array(warning),
            }),
            {
              timeZone: 'Europe/Berlin',
              runs: [
                { utc: '2026-03-28T01:30:00.000Z', local: '2026-03-28T02:30:00+01:00' },
                { utc: '2026-03-30T00:30:00.000Z', local: '2026-03-30T02:30:00+02:00' },
              ],
              jitter: null,
              warnings: [
                {
                  code: 'dst_gap',
                  message:
                    'On 2026-03-29 clocks in Europe/Berlin go forward from 02:00 to 03:00: 1 run lost (02:30).',
                },
              ],
            },
          ),
        },
      },
      'GET /api/schedules/:id': {
        id: 'getSchedule',
        summary: 'Read a schedule',
        params: schedulePathParams,
        answers: { 200: jsonOrPage('The schedule with its next and recent runs.', schedule, example) },
        problems: ['notFound', 'engineUnavailable'],
      },
      'PATCH /api/schedules/:id': {
        id: 'updateSchedule',
        summary: 'Change a schedule',
        description: 'Omitted fields stay unchanged. A new timing replaces the old one.',
        params: schedulePathParams,
        body: jsonBody(patchBody(jobs), { every: '15m' }),
        answers: { 200: json('The schedule is changed.', schedule, example) },
        problems: ['notFound', 'scheduleDeclared', 'tooManyRequests', 'engineUnavailable'],
      },
      'DELETE /api/schedules/:id': {
        id: 'deleteSchedule',
        summary: 'Delete a schedule',
        description: 'Runs that have started continue.',
        params: schedulePathParams,
        answers: { 204: empty('The schedule is deleted.') },
        problems: ['notFound', 'scheduleDeclared', 'tooManyRequests', 'engineUnavailable'],
      },
      'POST /api/schedules/:id/pause': {
        id: 'pauseSchedule',
        summary: 'Pause a schedule',
        description: '`note` is the reason, returned as `stateNote`. The schedule keeps its own note.',
        params: schedulePathParams,
        body: jsonBody(stateChangeBody, { note: 'The database is in maintenance.' }, { required: false }),
        answers: {
          200: json('The schedule is paused.', schedule, {
            ...example,
            paused: true,
            stateNote: 'The database is in maintenance.',
            nextRuns: [],
          }),
        },
        problems: ['notFound', 'tooManyRequests', 'engineUnavailable'],
      },
      'POST /api/schedules/:id/resume': {
        id: 'resumeSchedule',
        summary: 'Resume a paused schedule',
        description: '`note` is the reason, returned as `stateNote`. Without it, `stateNote` becomes null.',
        params: schedulePathParams,
        body: jsonBody(stateChangeBody, { note: 'The database is back.' }, { required: false }),
        answers: {
          200: json('The schedule is resumed.', schedule, { ...example, stateNote: 'The database is back.' }),
        },
        problems: ['notFound', 'tooManyRequests', 'engineUnavailable'],
      },
      'POST /api/schedules/:id/trigger': {
        id: 'triggerSchedule',
        summary: 'Start a run of a schedule now',
        description:
          'Works even if the schedule is paused. `overlap` is `allow_all` by default: the run starts immediately. With the other policies, the run may wait for the open run, which `triggered.started` reports, or the trigger is refused if the run would be skipped.',
        params: schedulePathParams,
        body: jsonBody(triggerBody, { overlap: 'allow_all' }, { required: false }),
        answers: {
          202: json(
            'A run was started, or is waiting.',
            schedule
              .extend({
                triggered: z.strictObject({
                  jobId: z.string(),
                  runId: z.string().nullable().meta({ description: 'Null while the run is waiting.' }),
                  started: z.boolean().meta({
                    description:
                      'False if the run is waiting for the open run; it starts automatically after that.',
                  }),
                }),
              })
              .meta({ id: 'TriggeredSchedule' }),
            {
              ...example,
              triggered: {
                jobId: `${kebabCase(job.type)}:${scheduleName}-2026-03-02T09:16:04Z`,
                runId: exampleIds.run,
                started: true,
              },
            },
          ),
        },
        problems: ['notFound', 'scheduleNotTriggered', 'tooManyRequests', 'engineUnavailable'],
      },
      'POST /api/schedules/:id/backfill': {
        id: 'backfillSchedule',
        summary: 'Start the runs that were due in a period',
        description: 'Starts them one after the other, at most a thousand.',
        params: schedulePathParams,
        body: jsonBody(backfillBody, { from: '2026-03-01T00:00:00Z', to: '2026-03-01T06:00:00Z' }),
        answers: {
          202: json('The runs were requested.', z.strictObject({ runs: z.int().nullable() }), { runs: 36 }),
        },
        problems: ['notFound', 'scheduleNotTriggered', 'tooManyRequests', 'engineUnavailable'],
      },
    },
  };
}
