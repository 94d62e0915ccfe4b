import { z } from 'zod';
import { instant, LONGEST_DELAY_MS } from '../http/instant.ts';
import { fairnessSchema, prioritySchema } from '../values/priority.ts';
import { durationMs } from '../values/duration.ts';
import { awaitedEnds } from './flow/ends.ts';
import { kebabCase } from './kebab-case.ts';
import { keyOf, type JobDefinition } from './job-definition.ts';
import { checkedInput } from './job-inputs.ts';
import { idOfKey, jobIdText, JobKeyError } from './job-key.ts';
import { debounceOf } from './debounce/debounce-of.ts';
import { JobLimitError, limitsOf } from './limits/limits-of.ts';
import { JobFairnessError, urgencyOf } from './urgency.ts';
import type { JobRegistry } from './registry.ts';

/** Path of a job. A client escapes what a path cannot hold: `/` as `%2F`, letters outside ASCII as their UTF-8. */
export const jobIdParams = z.object({ id: jobIdText });

/** Query of what one run of a job is shown by; without `runId` it is the newest one. */
export const jobRunQuery = z.strictObject({
  runId: z
    .uuid({ error: 'must be a UUID' })
    .optional()
    .meta({ description: 'The id of a run; the newest run by default.' }),
});

/** Maximum wait for a job's result: proxies close connections that are silent for longer. */
const LONGEST_WAIT_MS = 60_000;

/** Query of `GET /api/jobs/:id/result`. */
export const jobResultQuery = z.strictObject({
  wait: durationMs.pipe(z.number().max(LONGEST_WAIT_MS, 'must be 60s or less')).default(0).meta({
    description: 'How long to wait for the job to end, 60s at most; without it, the response is immediate.',
  }),
});

const DAY_MS = 86_400_000;

/** A late start, for example from a caller's own outbox, is still accepted; an older one is a mistake. */
const LATEST_START_MS = DAY_MS;

/** The fields of {@link startJobBody}, before the input is held against its job type. */
export function startJobFields(jobs: JobRegistry) {
  return z.strictObject({
    type: z.enum(jobs.schedulable),
    input: z.record(z.string(), z.unknown()).default({}),
    delay: durationMs.pipe(z.number().max(LONGEST_DELAY_MS, 'must be 366d or less')).optional(),
    startAt: instant
      .refine((at) => at.getTime() >= Date.now() - LATEST_START_MS, 'must not be more than a day ago')
      .refine((at) => at.getTime() <= Date.now() + LONGEST_DELAY_MS, 'must be in the next 366 days')
      .optional(),
    after: z
      .strictObject({
        job: jobIdText.refine(
          (id) => jobs.types.some((type) => id.startsWith(`${kebabCase(type)}:`)),
          'must be the id of a job of a known type',
        ),
        when: z.enum(awaitedEnds).default('completes'),
      })
      .optional()
      .meta({ description: 'The job to wait for, and the end of that job that starts this one.' }),
    expiresIn: durationMs
      .pipe(z.number().positive('must be longer than 0s').max(LONGEST_DELAY_MS, 'must be 366d or less'))
      .optional()
      .meta({ description: 'Like `expiresAt`, relative to the time at which the job may start.' }),
    expiresAt: instant
      .refine((at) => at.getTime() > Date.now(), 'must be in the future')
      .optional()
      .meta({ description: 'The latest time at which the job may start; after it, the start is dropped.' }),
    priority: prioritySchema.optional(),
    fairness: fairnessSchema.optional(),
    dedupeKey: z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
      .optional()
      .meta({ description: "Replaces the business key in the job's id." }),
  });
}

/** Body of `POST /api/jobs`; without `delay` and `startAt` the job starts at once. */
export function startJobBody(jobs: JobRegistry) {
  return startJobFields(jobs)
    .refine((body) => body.delay === undefined || body.startAt === undefined, {
      path: ['startAt'],
      message: 'give delay or startAt, not both',
    })
    .refine((body) => body.expiresIn === undefined || body.expiresAt === undefined, {
      path: ['expiresAt'],
      message: 'give expiresIn or expiresAt, not both',
    })
    .transform(({ type, delay, startAt: given, expiresIn, expiresAt: expires, after, ...body }, context) => {
      const job = jobs.get(type);
      const startAt = (delay === undefined ? given : new Date(Date.now() + delay)) ?? null;
      const from = Math.max(startAt?.getTime() ?? 0, Date.now());
      const expiresAt = (expiresIn === undefined ? expires : new Date(from + expiresIn)) ?? null;
      if (startAt && expiresAt && expiresAt <= startAt)
        context.addIssue({ code: 'custom', path: ['expiresAt'], message: 'must be later than the start' });
      const input = checkedInput(job, body.input, context);
      if (!input) return z.NEVER;
      addDerivedFaults(job, input, { hasFairness: body.fairness !== undefined }, context);
      return {
        ...body,
        after: after ? { jobId: after.job, when: after.when } : null,
        startAt,
        expiresAt,
        job,
        input,
      };
    });
}

/** Adds an error below `input` if what a job derives from its input is not valid: its key, its limits, or its fairness unless one is given. */
function addDerivedFaults(
  job: JobDefinition,
  input: object,
  { hasFairness }: { hasFairness: boolean },
  context: z.core.$RefinementCtx,
): void {
  const derived = [
    () => idOfKey(job.type, keyOf(job, input)),
    () => (hasFairness ? undefined : urgencyOf(job, input, {})),
    () => limitsOf(job, input),
    () => (job.debounce?.key ? debounceOf(job, input) : undefined),
  ];
  for (const derive of derived) {
    try {
      derive();
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['input'], message: faultOf(error) });
    }
  }
}

/** Describes why what a job derives is not valid. @throws the error if it is another one. */
function faultOf(error: unknown): string {
  if (error instanceof JobKeyError) return `The job's key ${error.fault}`;
  if (error instanceof JobFairnessError) return `The job's fairness: ${error.fault}`;
  if (error instanceof JobLimitError) return `The job's limits: ${error.fault}`;
  throw error;
}
