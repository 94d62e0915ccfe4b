import { offsetAt } from './time-zone.ts';
import type { CalendarFields, Timing } from './timing.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Eight years pass between two leap days around 2100; a calendar with no match in this time has none. */
const HORIZON_DAYS = 9 * 366;

/**
 * The next `count` times at which a schedule fires after an instant, in milliseconds since 1970, before any jitter.
 * Fewer where a calendar has no more matches within nine years. They are the times that Temporal's server
 * (1.29, service/worker/scheduler) comes to, its ways with clock changes included; a test holds one against the other.
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

/** The instant at which a zone's clocks show a local time; of one that comes twice or never, the one that Go's takes. */
function instantOf(zone: string, localMs: number): number {
  return localMs - offsetAt(zone, localMs - offsetAt(zone, localMs));
}

function hourOf(zone: string, instantMs: number): number {
  return new Date(instantMs + offsetAt(zone, instantMs)).getUTCHours();
}

/** Whether a local day, given as its midnight in UTC, matches. */
export function matchesDay(fields: CalendarFields, localMidnightMs: number): boolean {
  const day = new Date(localMidnightMs);
  return (
    fields.month.includes(day.getUTCMonth() + 1) &&
    fields.dayOfMonth.includes(day.getUTCDate()) &&
    fields.dayOfWeek.includes(day.getUTCDay())
  );
}

function nextMatch(fields: CalendarFields, zone: string, afterMs: number): number | undefined {
  const after = Math.floor(afterMs / SECOND) * SECOND;
  const localAfter = after + offsetAt(zone, after);
  const firstDay = Math.floor(localAfter / DAY) * DAY;
  const firstHour = new Date(localAfter).getUTCHours();
  // In the second pass of an hour that the clocks repeat.
  const repeated = hourOf(zone, after - HOUR) === firstHour;
  for (let day = firstDay; day < firstDay + HORIZON_DAYS * DAY; day += DAY) {
    if (!matchesDay(fields, day)) continue;
    for (const hour of fields.hour) {
      if (day === firstDay && hour < firstHour) continue;
      const isFirst = day === firstDay && hour === firstHour;
      const startsAt = day + hour * HOUR;
      const found = matchInHour(fields, zone, startsAt, {
        afterLocal: isFirst ? localAfter : -Infinity,
        shift: isFirst && repeated ? HOUR : 0,
      });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first match in a local hour that begins at `startsAt`, its second pass included where there is one. */
function matchInHour(
  fields: CalendarFields,
  zone: string,
  startsAt: number,
  from: { afterLocal: number; shift: number },
): number | undefined {
  const hour = new Date(startsAt).getUTCHours();
  for (const minute of fields.minute) {
    for (const second of fields.second) {
      const local = startsAt + minute * 60_000 + second * SECOND;
      if (local <= from.afterLocal) continue;
      const instant = instantOf(zone, local);
      // The clocks jump over it.
      if (hourOf(zone, instant) !== hour) return undefined;
      return instant + from.shift;
    }
  }
  const lasts = instantOf(zone, startsAt + HOUR) - instantOf(zone, startsAt);
  if (from.shift > 0 || lasts <= HOUR) return undefined;
  return matchInHour(fields, zone, startsAt, { afterLocal: -Infinity, shift: HOUR });
}
