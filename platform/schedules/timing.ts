import { CronExpressionParser } from 'cron-parser';
import { z } from 'zod';
import { errorMessage } from '../errors.ts';
import { durationMs } from '../duration.ts';

/** The values that match, of each field, in ascending order. A run needs all of them to match. Sunday is 0. */
export interface CalendarFields {
  second: readonly number[];
  minute: readonly number[];
  hour: readonly number[];
  dayOfMonth: readonly number[];
  month: readonly number[];
  dayOfWeek: readonly number[];
}

/** When a schedule runs: at the matches of a calendar, in its time zone, or each so many milliseconds since 1970. */
export type Timing =
  | { kind: 'cron'; cron: string; fields: CalendarFields }
  | { kind: 'calendar'; calendar: CalendarInput; fields: CalendarFields }
  | { kind: 'every'; everyMs: number };

const bounds = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [0, 6],
} as const satisfies Record<keyof CalendarFields, readonly [number, number]>;

/** The fields of a calendar, from the smallest unit to the largest. */
export const fieldNames = Object.keys(bounds) as (keyof CalendarFields)[];

/** Every value that a field can have. */
export function allValues(name: keyof CalendarFields): number[] {
  const [from, to] = bounds[name];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function fieldInput(name: keyof CalendarFields) {
  const [from, to] = bounds[name];
  const value = z.number().int().min(from).max(to);
  const range = z
    .strictObject({ from: value, to: value, step: z.number().int().min(1).default(1) })
    .refine((given) => given.from <= given.to, '`from` must not be above `to`');
  const one = z.union([value, range], {
    error: `must be a number from ${from} to ${to}, a range {from, to, step}, a list of these, or "*"`,
  });
  return z.union([z.literal('*'), one, z.array(one).min(1).max(60)], {
    error: `must be a number from ${from} to ${to}, a range {from, to, step}, a list of these, or "*"`,
  });
}

/** A calendar as people write it: fields that are left out are 0 for the time of day, and any for the day. */
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
    description: 'Fields that are left out are 0 for the time of day, and any for the day. Sunday is 0.',
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

/** The values that a calendar's fields stand for. */
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

/**
 * The values that a cron expression of five fields stands for.
 * @throws {Error} that says what is wrong with it.
 */
export function compileCron(cron: string): CalendarFields {
  if (cron.trim().split(/\s+/).length !== 5) {
    throw new Error('must have five fields: minute, hour, day of month, month, day of week');
  }
  // Quartz's extensions, which Temporal does not have.
  if (/[LW#?H]/.test(cron.replace(/[A-Za-z]{3}/g, ''))) throw new Error('can not have L, W, #, ? or H');
  const { fields } = CronExpressionParser.parse(cron);
  const numbers = (values: readonly unknown[]): number[] =>
    [...new Set(values.filter((value) => typeof value === 'number'))].sort((a, b) => a - b);
  return {
    second: [0],
    minute: numbers(fields.minute.values),
    hour: numbers(fields.hour.values),
    dayOfMonth: numbers(fields.dayOfMonth.values),
    month: numbers(fields.month.values),
    dayOfWeek: numbers(fields.dayOfWeek.values.map((day) => (day === 7 ? 0 : day))),
  };
}

/** The shortest interval: a worker should have done with a run before the next one comes. */
const SHORTEST_MS = 1_000;

/** The three ways to say when; exactly one of them is given. */
export const timingInput = z.object({
  cron: z.string().max(200).optional(),
  every: durationMs.optional(),
  calendar: calendarInput.optional(),
});

/** See {@link timingInput}, as it reads once parsed. */
export type TimingInput = z.output<typeof timingInput>;

/** What is wrong with a timing, by field. */
export class TimingError extends Error {
  override readonly name = 'TimingError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** @throws {TimingError} where not exactly one way to say when is given, or the cron expression is wrong. */
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
