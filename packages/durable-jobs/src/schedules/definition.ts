import { z } from 'zod';
import { catalogue } from '../../../../contracts/catalogue.ts';
import type { JobType } from '../../../../contracts/signatures.ts';
import { anyText } from '../values/text.ts';
import { durationMs } from '../values/duration.ts';
import { timeZone } from '../values/time-zone.ts';
import { TimingError, timingInput, toTiming, type Timing } from './timing.ts';

/** What the engine does when a run is due and the one before has not ended; as in Temporal, in snake_case. */
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

/** The job types that people and schedules may start. */
export const schedulableTypes = Object.values(catalogue)
  .filter((job) => job.schedulable)
  .map((job) => job.type);

/** A recurring start of a job, checked: its job exists, may be scheduled, and takes the input. */
export interface ScheduleDefinition {
  id: string;
  job: JobType;
  input: object;
  timing: Timing;
  timeZone: string;
  /** Each run is late by a random time of up to this long. */
  jitterMs: number;
  overlap: OverlapPolicy;
  /** How late a run may still be made after an outage of the engine. */
  catchupWindowMs: number;
  /** Whether the schedule pauses itself when a run fails. */
  pauseOnFailure: boolean;
  /** For people: what it is for. */
  note: string;
}

/** The server takes no shorter window. */
const SHORTEST_CATCHUP_MS = 10_000;
const LONGEST_MS = 366 * 86_400_000;

/** A schedule's id: it is part of the ids of the jobs that it starts. */
export const scheduleId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits and dashes');

/** What a schedule says beside its id, as people write it: durations such as `5m`, times in `timeZone`. */
export const scheduleFields = timingInput.extend({
  job: z.enum(schedulableTypes as [JobType, ...JobType[]]),
  input: z.record(z.string(), z.unknown()).default({}),
  timeZone: timeZone.default('UTC'),
  jitter: durationMs.pipe(z.number().max(86_400_000, 'must be a day at most')).prefault('0s'),
  overlap: z.enum(overlapPolicies).default('skip'),
  catchupWindow: durationMs
    .pipe(z.number().min(SHORTEST_CATCHUP_MS, 'must be 10s or more').max(LONGEST_MS, 'must be 366d or less'))
    .prefault('1d'),
  pauseOnFailure: z.boolean().default(false),
  note: anyText(1_000).default(''),
});

const definitionSchema = scheduleFields
  .extend({ id: scheduleId })
  .strict()
  .transform((given, context): ScheduleDefinition => {
    const { cron, every, calendar, jitter, catchupWindow, ...rest } = given;
    try {
      return {
        ...rest,
        timing: toTiming({ cron, every, calendar }),
        jitterMs: jitter,
        catchupWindowMs: catchupWindow,
        input: checkedInput(given.job, given.input, context),
      };
    } catch (error) {
      if (!(error instanceof TimingError)) throw error;
      context.addIssue({ code: 'custom', path: [error.field], message: error.message });
      return z.NEVER;
    }
  });

/** A schedule as people write it; see {@link scheduleFields}. */
export type ScheduleInput = z.input<typeof definitionSchema>;

/** Reads a schedule as people write it. Its errors name each wrong field, those of the job's input included. */
export const scheduleDefinition: z.ZodType<ScheduleDefinition, ScheduleInput> = definitionSchema;

/** A job's input as its schema sees it; what is wrong with it is added to the context, below `input`. */
export function checkedInput(
  type: JobType,
  input: Record<string, unknown>,
  context: z.core.$RefinementCtx,
): object {
  const schema: z.ZodType<object> = catalogue[type].input;
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = ['input', ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        context.addIssue({ code: 'custom', path: [...path, key], message: 'unknown field' });
      }
    } else {
      context.addIssue({ ...issue, code: 'custom', path });
    }
  }
  return z.NEVER;
}
