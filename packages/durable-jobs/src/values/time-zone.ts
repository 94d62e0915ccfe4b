import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { zoneNames } from './zone-names.ts';

/** Zones by their names in lower case. Zones that Node has in addition to the list are newer than the list. */
const spellings = new Map(
  [...Intl.supportedValuesOf('timeZone'), ...zoneNames].map((name) => [name.toLowerCase(), name]),
);

/**
 * Returns the name of a time zone in the engine's spelling, or undefined if the engine does not have it. Node has more: offsets such as
 * `+01:00` and abbreviations such as `PST` are not the time of a place, and the engine refuses them.
 */
export function zoneNamed(name: string): string | undefined {
  const spelled = spellings.get(name.toLowerCase());
  return spelled !== undefined && isKnownZone(spelled) ? spelled : undefined;
}

/** Whether Node knows a time zone, including offsets and abbreviations. The engine's database can be newer, and contains `Local`. */
export function isKnownZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** An IANA time zone such as `Europe/Berlin`, in any case; parsed to the engine's spelling. */
export const timeZone = z
  .string()
  .max(64)
  .transform((name, context) => {
    const spelled = zoneNamed(name);
    if (spelled !== undefined) return spelled;
    context.addIssue({ code: 'custom', message: 'must be an IANA time zone such as Europe/Berlin' });
    return z.NEVER;
  });

/** A period in which a zone's clocks do not change, from `fromMs` (inclusive) to `toMs` (exclusive). */
interface Period {
  fromMs: number;
  toMs: number;
  offsetMs: number;
}

/** Cached periods by zone: computing an offset takes a hundred times as long as finding its period. */
const MOST_PERIODS = 200;
const periods = new Map<string, Period[]>();

/** Returns how far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, instantMs: number): number {
  let known = periods.get(zone);
  if (!known) periods.set(zone, (known = []));
  let period = known.find(({ fromMs, toMs }) => fromMs <= instantMs && instantMs < toMs);
  if (!period) {
    if (known.length >= MOST_PERIODS) known.length = 0;
    known.push((period = periodAt(zone, instantMs)));
  }
  return period.offsetMs;
}

function periodAt(zone: string, instantMs: number): Period {
  const at = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone);
  // A change at the instant itself begins the period.
  const previous = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  return {
    fromMs: previous?.epochMilliseconds ?? -Infinity,
    toMs: at.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
}

/** A change of a zone's clocks. */
export interface Transition {
  atMs: number;
  offsetBeforeMs: number;
  offsetAfterMs: number;
}

/** Returns the changes of a zone's clocks after `fromMs` and up to `toMs`, in order. */
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

/** Formats an instant as local time with its offset, such as `2027-03-28T03:30:00+02:00`; in UTC if Node does not know the zone. */
export function formatLocal(zone: string, instantMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(instantMs)
    .toZonedDateTimeISO(isKnownZone(zone) ? zone : 'UTC')
    .toString({ timeZoneName: 'never', smallestUnit: 'second' });
}
