import { z } from 'zod';
import { optionFaults } from '../../values/check-options.ts';
import { fairnessSchema, prioritySchema, type Fairness } from '../../values/priority.ts';
import { durationMs } from '../../values/duration.ts';
import { awaitedEnds, type AwaitedEnd } from '../flow/ends.ts';
import { jobIdText, jobKey } from '../job-key.ts';

/** Options of a start. */
export interface EnqueueOptions {
  /** Delay before the job starts, counted from the beginning of the transaction, such as `7d`. */
  delay?: string;
  /** Earliest time at which the job starts. */
  startAt?: Date;
  /** Latest time at which the job may start: a start that was not made by then is dropped and recorded as expired. */
  expiresAt?: Date;
  /** Like `expiresAt`, but relative to the time at which the job may start, such as `1h`. */
  expiresIn?: string;
  /** Replaces the job's own key, and starts the job only once: a repeat finds the first start. */
  dedupeKey?: string;
  /** From 1, which comes first, to 5; that of the job's definition by default, and 3 if it has none. */
  priority?: number;
  /** The key with which it takes turns with other starts, and its weight; that of the job's definition by default. No personal data. */
  fairness?: Fairness;
  /**
   * The job to wait for, by its id or as `enqueue` returned it, and the awaited end; `completes` by default. It refers to the newest start
   * of that job that was committed before; if there is none, to its open or newest run, or otherwise to its next run.
   */
  after?: { job: string | { jobId: string }; when?: AwaitedEnd };
}

/** {@link EnqueueOptions} that were checked. Durations are in milliseconds. */
export interface StartOptions {
  delayMs: number | null;
  startAt: Date | null;
  expiresAt: Date | null;
  expiresInMs: number | null;
  dedupeKey: string | null;
  after: { jobId: string; when: AwaitedEnd } | null;
  priority: number | null;
  fairness: Fairness | null;
}

const time = z.date({ error: 'must be a valid Date' }).optional();
const duration = z.string({ error: 'must be a duration such as 90s, 5m or 1h' }).pipe(durationMs).optional();
const objectOf = (what: string) => ({
  error: ({ code }: { code?: string }) => (code === 'invalid_type' ? `must be ${what}` : undefined),
});

const schema = z
  .strictObject(
    {
      delay: duration,
      startAt: time,
      expiresAt: time,
      expiresIn: duration,
      dedupeKey: jobKey.optional(),
      priority: prioritySchema.optional(),
      fairness: fairnessSchema.optional(),
      after: z
        .strictObject(
          {
            job: z.unknown().transform((job, context) => {
              const id: unknown = typeof job === 'object' && job !== null && 'jobId' in job ? job.jobId : job;
              const parsed = jobIdText.safeParse(id);
              if (parsed.success) return parsed.data;
              context.addIssue(
                'must be a job id such as send-invoice:<key>, or an object with such an id as its jobId',
              );
              return z.NEVER;
            }),
            when: z.enum(awaitedEnds, { error: `must be ${awaitedEnds.join(', ')}` }).default('completes'),
          },
          objectOf('an object with job and when'),
        )
        .optional(),
    },
    objectOf('an object'),
  )
  .refine(({ delay, startAt }) => delay === undefined || startAt === undefined, {
    message: 'give delay or startAt, not both',
  })
  .refine(({ expiresIn, expiresAt }) => expiresIn === undefined || expiresAt === undefined, {
    message: 'give expiresIn or expiresAt, not both',
  });

/**
 * Checks the options of a start.
 * @throws {TypeError} that names the job's type, and each option that is unknown or not valid.
 */
export function checkStartOptions(type: string, options: EnqueueOptions): StartOptions {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    throw new TypeError(`The options of the start of ${type} are not valid: ${optionFaults(parsed.error)}.`);
  }
  const { delay, startAt, expiresAt, expiresIn, dedupeKey, after, priority, fairness } = parsed.data;
  return {
    delayMs: delay ?? null,
    startAt: startAt ?? null,
    expiresAt: expiresAt ?? null,
    expiresInMs: expiresIn ?? null,
    dedupeKey: dedupeKey ?? null,
    after: after ? { jobId: after.job, when: after.when } : null,
    priority: priority ?? null,
    fairness: fairness ?? null,
  };
}
