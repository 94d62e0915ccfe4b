import { z } from 'zod';
import { instant, LONGEST_DELAY_MS } from '../http/instant.ts';
import { durationMs } from '../values/duration.ts';
import { checkedInput } from './job-inputs.ts';
import type { JobRegistry } from './registry.ts';

/** Path of a job. */
export const jobIdParams = z.object({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:[\w.:-]{1,200}$/, 'must be a job id such as process-order:<order id>'),
});

/** Query of what one run of a job is shown by; without `runId` it is the newest one. */
export const jobRunQuery = z.strictObject({
  runId: z
    .uuid({ error: 'must be a UUID' })
    .optional()
    .meta({ description: 'Of one of its runs; without it, the newest.' }),
});

const DAY_MS = 86_400_000;

/** A start that comes late, from a caller's own outbox say, is still meant; an older one is a mistake. */
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
    dedupeKey: z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
      .optional()
      .meta({ description: "Takes the place of the business key in the job's id." }),
  });
}

/** Body of `POST /api/jobs`; without `delay` and `startAt` the job starts at once. */
export function startJobBody(jobs: JobRegistry) {
  return startJobFields(jobs)
    .refine((body) => body.delay === undefined || body.startAt === undefined, {
      path: ['startAt'],
      message: 'give delay or startAt, not both',
    })
    .transform(({ type, ...body }, context) => {
      const job = jobs.get(type);
      return { ...body, job, input: checkedInput(job, body.input, context) };
    });
}
