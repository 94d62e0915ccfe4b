import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

/** An IANA time zone such as `Europe/Berlin`. */
export const timeZone = z
  .string()
  .max(64)
  .refine((name) => {
    // Offsets such as +01:00 are no place's time: they know no daylight-saving time.
    if (!/^[A-Za-z]/.test(name)) return false;
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      return true;
    } catch {
      return false;
    }
  }, 'must be an IANA time zone such as Europe/Berlin');

/** How far ahead of UTC the zone's clocks are at an instant, in milliseconds. */
export function offsetAt(zone: string, instantMs: number): number {
  return (
    Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).offsetNanoseconds / 1_000_000
  );
}

/** A change of a zone's clocks. */
export interface Transition {
  atMs: number;
  offsetBeforeMs: number;
  offsetAfterMs: number;
}

/** The changes of a zone's clocks after `fromMs` and up to `toMs`, in order. */
export function transitionsBetween(zone: string, fromMs: number, toMs: number): Transition[] {
  const found: Transition[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (!next || next.epochMilliseconds > toMs) return found;
    const atMs = next.epochMilliseconds;
    const transition = {
      atMs,
      offsetBeforeMs: offsetAt(zone, atMs - 1),
      offsetAfterMs: offsetAt(zone, atMs),
    };
    if (transition.offsetBeforeMs !== transition.offsetAfterMs) found.push(transition);
    at = next;
  }
}

/** The local time of an instant with its offset, such as `2027-03-28T03:30:00+02:00`. */
export function formatLocal(zone: string, instantMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(instantMs)
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never', smallestUnit: 'second' });
}
