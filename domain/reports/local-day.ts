/** A calendar day, `YYYY-MM-DD`. Days compare as text. */
export type Day = string;

/** The instants at which a local day and the next one begin: 23, 24 or 25 hours apart, or any other number in rare zones. */
export interface DayBounds {
  day: Day;
  from: Date;
  /** Not part of the day. */
  to: Date;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Further from UTC than any zone is or was: Samoa had +14 h, Alaska −15 h. */
const MAX_OFFSET_MS = 16 * 60 * 60 * 1000;

/** `sv` formats dates as in ISO 8601. Creating a format costs more than using it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Returns the day of an instant in an IANA time zone.
 * @throws {RangeError} if the zone does not exist.
 */
export function localDay(instant: Date, timeZone: string): Day {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(instant);
}

/** Returns the day that is `days` later, or earlier if that is negative. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Returns when a local day begins and ends. Both are searched for to the millisecond, by the day of an instant, so that the result is
 * correct for days without midnight or with two.
 */
export function dayBounds(day: Day, timeZone: string): DayBounds {
  return { day, from: startOf(day, timeZone), to: startOf(addDays(day, 1), timeZone) };
}

/** Returns the first instant of a local day. */
function startOf(day: Day, timeZone: string): Date {
  let before = Date.parse(day) - MAX_OFFSET_MS;
  let within = Date.parse(day) + MAX_OFFSET_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (localDay(new Date(middle), timeZone) < day) before = middle;
    else within = middle;
  }
  return new Date(within);
}
