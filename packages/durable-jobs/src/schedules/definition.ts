import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { InputOf, JobDefinition } from '../jobs/job-definition.ts';
import { storedInput } from '../jobs/accept-input.ts';
import { checkedInput } from '../jobs/job-inputs.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { Urgency } from '../values/priority.ts';
import { isLimited } from '../jobs/limits/limits-of.ts';
import { JobFairnessError, urgencyOf } from '../jobs/urgency.ts';
import { anyText } from '../values/text.ts';
import { durationMs } from '../values/duration.ts';
import { timeZone } from '../values/time-zone.ts';
import { TimingError, timingInput, toTiming, type Timing } from './timing.ts';

/** What the engine does if a run is due and the previous one has not ended; Temporal's policies in snake_case. */
export const overlapPolicies = [
  'skip',
  'buffer_one',
  'buffer_all',
  'cancel_other',
  'terminate_other',
  'allow_all',
] as const;

/** One of {@link overlapPolicies}. */
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** A validated schedule: its job exists, may be scheduled, and accepts the input. */
export interface ScheduleDefinition {
  id: string;
  job: string;
  /** The job's description, for the Web UI. */
  description: string;
  taskQueue: string;
  /** As the job's definition says. */
  urgency: Urgency;
  input: object;
  timing: Timing;
  timeZone: string;
  /** Each run is delayed by a random time of at most this long. */
  jitterMs: number;
  overlap: OverlapPolicy;
  /** How late a run may start after an outage of the engine. */
  catchupWindowMs: number;
  /** Whether the schedule pauses itself when a run fails. */
  pauseOnFailure: boolean;
  /** Its purpose, for people. */
  note: string;
}

/** The server accepts no shorter window. */
const SHORTEST_CATCHUP_MS = 10_000;
const LONGEST_MS = 366 * 86_400_000;

/** A schedule's id. It is part of the ids of its runs. */
export const scheduleId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits and dashes');

/** The fields of a schedule except its id, as people write them: durations such as `5m`, times in `timeZone`. */
export const scheduleFields = timingInput.extend({
  job: z.string(),
  input: z.record(z.string(), z.unknown()).default({}),
  timeZone: timeZone.default('UTC'),
  jitter: durationMs.pipe(z.number().max(86_400_000, 'must be 1d or less')).prefault('0s'),
  overlap: z.enum(overlapPolicies).default('skip'),
  catchupWindow: durationMs
    .pipe(z.number().min(SHORTEST_CATCHUP_MS, 'must be 10s or more').max(LONGEST_MS, 'must be 366d or less'))
    .prefault('1d'),
  pauseOnFailure: z.boolean().default(false),
  note: anyText(1_000).default(''),
});

/** A schedule as people write it; see {@link scheduleFields}. */
export type ScheduleInput = z.input<typeof scheduleFields> & { id: string };

/** Declares a schedule in code, by its job's definition, so that the input is type-checked. */
export function defineSchedule<Job extends JobDefinition>({
  job,
  input,
  ...schedule
}: Omit<ScheduleInput, 'job' | 'input'> & { job: Job; input?: InputOf<Job> }): ScheduleInput {
  return { ...schedule, job: job.type, ...(input && { input: Object.fromEntries(Object.entries(input)) }) };
}

/** Returns {@link scheduleFields} for the jobs of an application that may be scheduled. */
export function scheduleFieldsOf(jobs: JobRegistry) {
  return scheduleFields.extend({ job: z.enum(jobs.schedulable) });
}

/**
 * Parses a schedule. Its errors name each invalid field, including those of the job's input. If the input is that of `kept`, a schedule that
 * exists, the job's schema has returned it, so it is not parsed again.
 */
export function scheduleDefinition(
  jobs: JobRegistry,
  kept?: Pick<ScheduleDefinition, 'job' | 'input'>,
): z.ZodType<ScheduleDefinition, ScheduleInput> {
  return scheduleFieldsOf(jobs)
    .extend({ id: scheduleId })
    .strict()
    .transform((given, context): ScheduleDefinition => {
      const { cron, every, calendar, jitter, catchupWindow, ...rest } = given;
      try {
        const job = jobs.get(given.job);
        if (isLimited(job) || job.debounce) {
          context.addIssue({
            code: 'custom',
            path: ['job'],
            message:
              'must be a job without limits and debounce, because neither applies to scheduled runs: schedule a job that enqueues it',
          });
          return z.NEVER;
        }
        const isKept = kept?.job === job.type && isDeepStrictEqual(kept.input, given.input);
        const input =
          (isKept ? storedInput(job, kept.input) : undefined) ?? checkedInput(job, given.input, context);
        if (!input) return z.NEVER;
        return {
          ...rest,
          description: job.description,
          taskQueue: job.taskQueue,
          urgency: urgencyOf(job, input, {}),
          timing: toTiming({ cron, every, calendar }),
          jitterMs: jitter,
          catchupWindowMs: catchupWindow,
          input,
        };
      } catch (error) {
        if (error instanceof JobFairnessError) {
          context.addIssue({
            code: 'custom',
            path: ['input'],
            message: `The job's fairness: ${error.fault}`,
          });
          return z.NEVER;
        }
        if (!(error instanceof TimingError)) throw error;
        context.addIssue({ code: 'custom', path: [error.field], message: error.message });
        return z.NEVER;
      }
    });
}
