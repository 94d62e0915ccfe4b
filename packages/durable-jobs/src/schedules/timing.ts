import { z } from 'zod';
import { errorMessage } from '../process/errors.ts';
import { durationMs } from '../values/duration.ts';
import { allValues, fieldBounds, fieldNames, type CalendarFields } from './calendar-fields.ts';
import { compileCron, cronSteps } from './cron.ts';
import { oversizedStep, type Step } from './steps.ts';

/** When a schedule runs: at the matches of a calendar in its time zone, or at an interval in milliseconds since 1970. */
export type Timing =
  | { kind: 'cron'; cron: string; fields: CalendarFields }
  | { kind: 'calendar'; calendar: CalendarInput; fields: CalendarFields }
  | { kind: 'every'; everyMs: number };

function fieldInput(name: keyof CalendarFields) {
  const [from, to] = fieldBounds[name];
  const value = z.number().int().min(from).max(to);
  const range = z
    .strictObject({ from: value, to: value, step: z.number().int().min(1).default(1) })
    .refine((given) => given.from <= given.to, '`from` must not be above `to`')
    .superRefine((given, context) => {
      const message = oversizedStep(calendarStep(name, given));
      if (given.from <= given.to && message !== undefined)
        context.addIssue({ code: 'custom', path: ['step'], message });
    });
  const one = z.union([value, range], {
    error: `must be a number from ${from} to ${to}, a range {from, to, step}, a list of these, or "*"`,
  });
  return z.union([z.literal('*'), one, z.array(one).min(1).max(60)], {
    error: `must be a number from ${from} to ${to}, a range {from, to, step}, a list of these, or "*"`,
  });
}

/** A calendar as people write it: omitted fields are 0 for the time of day, and any value for the day. */
export const calendarInput = z
  .strictObject({
    second: fieldInput('second').optional(),
    minute: fieldInput('minute').optional(),
    hour: fieldInput('hour').optional(),
    dayOfMonth: fieldInput('dayOfMonth').optional(),
    month: fieldInput('month').optional(),
    dayOfWeek: fieldInput('dayOfWeek').optional(),
  })
  .meta({
    id: 'Calendar',
    description: 'Omitted fields are 0 for the time of day, and match any day. Sunday is 0.',
  });

/** See {@link calendarInput}. */
export type CalendarInput = z.infer<typeof calendarInput>;

type FieldInput = NonNullable<CalendarInput[keyof CalendarFields]>;

const defaults: Record<keyof CalendarFields, FieldInput> = {
  second: 0,
  minute: 0,
  hour: 0,
  dayOfMonth: '*',
  month: '*',
  dayOfWeek: '*',
};

/** Returns the values of a calendar's fields. */
export function compileCalendar(calendar: CalendarInput): CalendarFields {
  const compile = (name: keyof CalendarFields): number[] => {
    const given = calendar[name] ?? defaults[name];
    if (given === '*') return allValues(name);
    const values = [given].flat().flatMap((item) => {
      if (typeof item === 'number') return [item];
      const count = Math.floor((item.to - item.from) / item.step) + 1;
      return Array.from({ length: count }, (_, index) => item.from + index * item.step);
    });
    return [...new Set(values)].sort((a, b) => a - b);
  };
  return Object.fromEntries(fieldNames.map((name) => [name, compile(name)])) as unknown as CalendarFields;
}

/** Returns the steps that its author wrote. */
export function stepsOf(timing: Timing): Step[] {
  if (timing.kind === 'every') return [];
  if (timing.kind === 'cron') return cronSteps(timing.cron);
  return fieldNames.flatMap((field) =>
    [timing.calendar[field] ?? []]
      .flat()
      .flatMap((item) => (typeof item === 'object' ? [calendarStep(field, item)] : [])),
  );
}

function calendarStep(field: keyof CalendarFields, range: { from: number; to: number; step: number }): Step {
  return { field, step: range.step, size: range.to - range.from + 1 };
}

/** The shortest interval: a worker should complete a run before the next one is due. */
const SHORTEST_MS = 1_000;

/** The three ways to specify a timing; exactly one of them is given. */
export const timingInput = z.object({
  cron: z.string().max(200).optional(),
  every: durationMs.optional(),
  calendar: calendarInput.optional(),
});

/** See {@link timingInput}, after parsing. */
export type TimingInput = z.output<typeof timingInput>;

/** The faults of a timing, by field. */
export class TimingError extends Error {
  override readonly name = 'TimingError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Parses a timing.
 * @throws {TimingError} if not exactly one way is given, or the cron expression is not valid.
 */
export function toTiming({ cron, every, calendar }: TimingInput): Timing {
  const given = [cron, every, calendar].filter((value) => value !== undefined).length;
  if (given !== 1) throw new TimingError('cron', 'give exactly one of cron, every and calendar');
  if (cron !== undefined) {
    try {
      return { kind: 'cron', cron, fields: compileCron(cron) };
    } catch (error) {
      throw new TimingError('cron', errorMessage(error));
    }
  }
  if (calendar) return { kind: 'calendar', calendar, fields: compileCalendar(calendar) };
  if (every === undefined || every < SHORTEST_MS || every % 1_000 !== 0) {
    throw new TimingError('every', 'must be whole seconds, at least one');
  }
  return { kind: 'every', everyMs: every };
}
