import { fieldBounds, type CalendarFields } from './calendar-fields.ts';
import { offsetAt } from '../values/time-zone.ts';
import type { Timing } from './timing.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** The last year that the engine looks into. */
const LAST_YEAR = 2100;

/**
 * The next `count` times at which a schedule fires after an instant, in milliseconds since 1970, before any jitter. Fewer if a calendar has
 * no more matches up to the year 2100, the last that the engine looks into. They are the times that Temporal's server comes to, its ways
 * with clock changes included; a test holds one against the other.
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

/** A local time that is being tried; `shiftMs` is an hour in the second pass of an hour that the clocks repeat. */
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
 * The first match of a calendar after an instant, or undefined. This follows `compiledCalendar.next` of Temporal's server 1.29
 * (service/worker/scheduler/calendar.go) step by step, because its ways with clock changes are not those of any rule: where
 * clocks go back it can skip times or run twice, and where they skip midnight it can take a day for the one before.
 */
export function nextMatch(fields: CalendarFields, zone: string, afterMs: number): number | undefined {
  const at = startAfter(zone, afterMs);
  for (;;) {
    carry(at, zone);
    if (at.year > LAST_YEAR) return undefined;
    if (!seek(fields, zone, at)) continue;
    const instant = instantOf(zone, at);
    if (hourOf(zone, instant) === at.hour) return instant + at.shiftMs;
    // The clocks jump over it.
    Object.assign(at, { hour: at.hour + 1, minute: 0, second: 0 });
  }
}

/** The second after an instant. */
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

/** Carries what is past the end of a unit into the next larger one. */
function carry(at: Attempt, zone: string): void {
  if (at.second >= 60) Object.assign(at, { minute: at.minute + 1, second: 0 });
  if (at.minute >= 60) {
    const hour = { ...at, minute: 0, second: 0 };
    const lasts = instantOf(zone, { ...hour, hour: at.hour + 1 }) - instantOf(zone, hour);
    // An hour that seems to last two is one that the clocks repeat: it is retried, an hour later.
    if (at.shiftMs === 0 && lasts > HOUR) Object.assign(at, { minute: 0, shiftMs: HOUR });
    else Object.assign(at, { hour: at.hour + 1, minute: 0, shiftMs: 0 });
  }
  if (at.hour >= 24) Object.assign(at, { day: at.day + 1, hour: 0 });
  if (at.day > daysIn(at)) Object.assign(at, { month: at.month + 1, day: 1 });
  if (at.month > 12) Object.assign(at, { year: at.year + 1, month: 1 });
}

/** Moves on to the next value of each field that matches, from outside in; false if one is past its end, to be carried. */
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

/** The instant at which a zone's clocks show a local time; of one that comes twice or never, the one that Go's `time.Date` takes. */
function instantOf(zone: string, { year, month, day, hour, minute, second }: Attempt): number {
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - offsetAt(zone, local - offsetAt(zone, local));
}

function hourOf(zone: string, instantMs: number): number {
  return new Date(instantMs + offsetAt(zone, instantMs)).getUTCHours();
}

/** The engine takes the weekday of the instant: where clocks skip midnight, in America the one of the day before. */
function weekdayOf(zone: string, at: Attempt): number {
  const instant = instantOf(zone, at);
  return new Date(instant + offsetAt(zone, instant)).getUTCDay();
}
