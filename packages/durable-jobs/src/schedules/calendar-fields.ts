/** The matching values of each field, in ascending order. A run requires a match in all fields. Sunday is 0. */
export interface CalendarFields {
  second: readonly number[];
  minute: readonly number[];
  hour: readonly number[];
  dayOfMonth: readonly number[];
  month: readonly number[];
  dayOfWeek: readonly number[];
}

/** The smallest and the largest value of each field. */
export const fieldBounds = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [0, 6],
} as const satisfies Record<keyof CalendarFields, readonly [number, number]>;

/** The fields of a calendar, from the smallest unit to the largest. */
export const fieldNames = Object.keys(fieldBounds) as (keyof CalendarFields)[];

/** Returns every value that a field can have. */
export function allValues(name: keyof CalendarFields): number[] {
  const [from, to] = fieldBounds[name];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Whether a field excludes some of its values. */
export function restricts(fields: CalendarFields, name: keyof CalendarFields): boolean {
  return fields[name].length < allValues(name).length;
}
