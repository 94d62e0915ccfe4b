import { fieldBounds, type CalendarFields } from './calendar-fields.ts';
import { offsetAt } from '../values/time-zone.ts';
import type { Timing } from './timing.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** The last year that the engine considers. */
const LAST_YEAR = 2100;

/**
 * Returns the next `count` times at which a schedule fires after an instant, in milliseconds since 1970, without jitter. Fewer if a
 * calendar has no more matches up to the year 2100, the last that the engine considers. They are the times that Temporal's server computes,
 * including its behavior at clock changes; a test compares the two.
 */
export function nextRuns(timing: Timing, zone: string, afterMs: number, count: number): number[] {
  const runs: number[] = [];
  let after = afterMs;
  while (runs.length < count) {
    const next =
      timing.kind === 'every'
        ? (Math.floor(after / timing.everyMs) + 1) * timing.everyMs
        : nextMatch(timing.fields, zone, after);
    if (next === undefined) break;
    runs.push(next);
    after = next;
  }
  return runs;
}

/** A local time that is being tried; `shiftMs` is an hour in the second pass of a repeated hour. */
interface Attempt {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  shiftMs: number;
}

/**
 * Returns the first match of a calendar after an instant, or undefined. This follows `compiledCalendar.next` of Temporal's server 1.29
 * (service/worker/scheduler/calendar.go) step by step, because its behavior at clock changes follows no simple rule: where clocks go back,
 * it can skip times or run twice, and where they skip midnight, it can take one day for the previous one.
 */
export function nextMatch(fields: CalendarFields, zone: string, afterMs: number): number | undefined {
  const at = startAfter(zone, afterMs);
  for (;;) {
    carry(at, zone);
    if (at.year > LAST_YEAR) return undefined;
    if (!seek(fields, zone, at)) continue;
    const instant = instantOf(zone, at);
    if (hourOf(zone, instant) === at.hour) return instant + at.shiftMs;
    // The clocks skip it.
    Object.assign(at, { hour: at.hour + 1, minute: 0, second: 0 });
  }
}

/** Returns the second after an instant. */
function startAfter(zone: string, afterMs: number): Attempt {
  const after = Math.floor(afterMs / SECOND) * SECOND;
  const local = new Date(after + offsetAt(zone, after));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds() + 1,
    shiftMs: hourOf(zone, after - HOUR) === local.getUTCHours() ? HOUR : 0,
  };
}

/** Carries values past the end of a unit over to the next larger one. */
function carry(at: Attempt, zone: string): void {
  if (at.second >= 60) Object.assign(at, { minute: at.minute + 1, second: 0 });
  if (at.minute >= 60) {
    const hour = { ...at, minute: 0, second: 0 };
    const lasts = instantOf(zone, { ...hour, hour: at.hour + 1 }) - instantOf(zone, hour);
    // An hour that seems to last two is one that the clocks repeat: it is tried again, an hour later.
    if (at.shiftMs === 0 && lasts > HOUR) Object.assign(at, { minute: 0, shiftMs: HOUR });
    else Object.assign(at, { hour: at.hour + 1, minute: 0, shiftMs: 0 });
  }
  if (at.hour >= 24) Object.assign(at, { day: at.day + 1, hour: 0 });
  if (at.day > daysIn(at)) Object.assign(at, { month: at.month + 1, day: 1 });
  if (at.month > 12) Object.assign(at, { year: at.year + 1, month: 1 });
}

/**
 * Advances each field to its next matching value, from the outermost field inwards; returns false if one is past its end and has to be
 * carried.
 */
function seek(fields: CalendarFields, zone: string, at: Attempt): boolean {
  while (!fields.month.includes(at.month)) {
    Object.assign(at, { month: at.month + 1, day: 1, hour: 0, minute: 0, second: 0, shiftMs: 0 });
    if (at.month > fieldBounds.month[1]) return false;
  }
  while (!fields.dayOfMonth.includes(at.day) || !fields.dayOfWeek.includes(weekdayOf(zone, at))) {
    Object.assign(at, { day: at.day + 1, hour: 0, minute: 0, second: 0, shiftMs: 0 });
    if (at.day > daysIn(at)) return false;
  }
  while (!fields.hour.includes(at.hour)) {
    Object.assign(at, { hour: at.hour + 1, minute: 0, second: 0, shiftMs: 0 });
    if (at.hour > fieldBounds.hour[1]) return false;
  }
  while (!fields.minute.includes(at.minute)) {
    Object.assign(at, { minute: at.minute + 1, second: 0 });
    if (at.minute > fieldBounds.minute[1]) return false;
  }
  while (!fields.second.includes(at.second)) {
    at.second += 1;
    if (at.second > fieldBounds.second[1]) return false;
  }
  return true;
}

function daysIn({ year, month }: Attempt): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * Returns the instant at which a zone's clocks show a local time. For a time that occurs twice or never, it is the one that Go's
 * `time.Date` chooses.
 */
function instantOf(zone: string, { year, month, day, hour, minute, second }: Attempt): number {
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - offsetAt(zone, local - offsetAt(zone, local));
}

function hourOf(zone: string, instantMs: number): number {
  return new Date(instantMs + offsetAt(zone, instantMs)).getUTCHours();
}

/** The engine uses the weekday of the instant. Where clocks skip midnight, in America, it is that of the day before. */
function weekdayOf(zone: string, at: Attempt): number {
  const instant = instantOf(zone, at);
  return new Date(instant + offsetAt(zone, instant)).getUTCDay();
}
