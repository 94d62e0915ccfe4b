import { allValues, type CalendarFields } from './calendar-fields.ts';

/** A step of a calendar's field, such as the 5 of `0-30/5`. */
export interface Step {
  field: keyof CalendarFields;
  step: number;
  /** The number of values in its range. */
  size: number;
}

/** The period after which each field starts again, and the unit of a duration in which it counts. */
const periods = {
  second: { period: 'minute', unit: 's' },
  minute: { period: 'hour', unit: 'm' },
  hour: { period: 'day', unit: 'h' },
  dayOfMonth: { period: 'month', unit: 'd' },
  month: { period: 'year', unit: null },
  dayOfWeek: { period: 'week', unit: 'd' },
} as const satisfies Record<keyof CalendarFields, { period: string; unit: string | null }>;

/** Returns the fault of a step that is larger than its range, so that it matches only the first value. */
export function oversizedStep({ field, step, size }: Step): string | undefined {
  if (step <= size) return undefined;
  const { period, unit } = periods[field];
  const instead =
    unit === null ? 'write that value alone' : `write every: "${step}${unit}", or that value alone`;
  return `must not have a step of ${step} in ${field}, whose range has ${size} values: only the first one would match, in each ${period}; ${instead}`;
}

/** Returns a warning about a step over a whole field whose last interval is shorter than the others. */
export function unevenStep({ field, step, size }: Step): string | undefined {
  const whole = allValues(field).length;
  if (step === 1 || size < whole) return undefined;
  const { period, unit } = periods[field];
  // Months have 28 to 31 days: only a step that never reaches a second day is even.
  if (field === 'dayOfMonth' ? step >= whole : whole % step === 0) return undefined;
  const why = field === 'dayOfMonth' ? 'months differ in length' : `${whole} is not a multiple of ${step}`;
  const instead = unit === null ? '' : ` For a steady interval, use every: "${step}${unit}".`;
  return `The step of ${step} in ${field} starts again with each ${period}, and ${why}: the distance over the end of the ${period} differs from the others.${instead}`;
}
