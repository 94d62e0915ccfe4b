import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { zoneNames } from './zone-names.ts';

/** Zones by their names in lower case. Those that Node has beside the list are newer than it. */
const spellings = new Map(
  [...Intl.supportedValuesOf('timeZone'), ...zoneNames].map((name) => [name.toLowerCase(), name]),
);

/**
 * The name of a time zone as the engine spells it, or undefined where it has none of that name. Node knows more: offsets such
 * as `+01:00` and abbreviations such as `PST` are no place's time, and the engine refuses them.
 */
export function zoneNamed(name: string): string | undefined {
  const spelled = spellings.get(name.toLowerCase());
  return spelled !== undefined && isKnownToNode(spelled) ? spelled : undefined;
}

function isKnownToNode(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** An IANA time zone such as `Europe/Berlin`, in any case; it comes out as the engine spells it. */
export const timeZone = z
  .string()
  .max(64)
  .transform((name, context) => {
    const spelled = zoneNamed(name);
    if (spelled !== undefined) return spelled;
    context.addIssue({ code: 'custom', message: 'must be an IANA time zone such as Europe/Berlin' });
    return z.NEVER;
  });

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
