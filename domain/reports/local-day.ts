/** A day of a calendar, `YYYY-MM-DD`. Such days compare as text. */
export type Day = string;

/** The instants at which a local day begins and the next one does: 23, 24 or 25 hours apart, or whatever a zone decrees. */
export interface DayBounds {
  day: Day;
  from: Date;
  /** Not part of the day any more. */
  to: Date;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Further from UTC than any zone is or was: Samoa had +14 h, Alaska −15 h. */
const MAX_OFFSET_MS = 16 * 60 * 60 * 1000;

/** `sv` writes dates as ISO 8601 does. Making a format costs more than using it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day that an instant belongs to in an IANA time zone. @throws RangeError if there is no such zone. */
export function localDay(instant: Date, timeZone: string): Day {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(instant);
}

/** The day that is `days` later, or earlier if that is negative. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * When a local day begins and ends. It is looked for, to the millisecond, by asking which day an instant belongs to, so
 * that it is right for days that lack their midnight or have it twice.
 */
export function dayBounds(day: Day, timeZone: string): DayBounds {
  return { day, from: startOf(day, timeZone), to: startOf(addDays(day, 1), timeZone) };
}

/** The first instant of a local day. */
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
