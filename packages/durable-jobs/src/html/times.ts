import { markup, type Markup } from './markup.ts';

const format = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

/** A time in UTC. The pages' script shows it in the reader's time zone, with UTC on hover. */
export function localTime(at: Date | string): Markup {
  const date = new Date(at);
  return markup`<time datetime="${date.toISOString()}">${format.format(date)} UTC</time>`;
}

/** A time of day in UTC to the millisecond, which the script shows in the reader's time zone. */
export function clockTime(at: Date | string): Markup {
  const iso = new Date(at).toISOString();
  return markup`<time datetime="${iso}" data-as="clock">${iso.slice(11, 23)}</time>`;
}

/** A time in UTC, which the pages' script turns into how long ago it was, or how soon it will be. */
export function moment(at: Date | string): Markup {
  const date = new Date(at);
  return markup`<time datetime="${date.toISOString()}" data-as="distance">${format.format(date)} UTC</time>`;
}

/** The beginning of a state that still lasts, which the script turns into `for 5 min`. */
export function span(since: Date | string): Markup {
  const date = new Date(since);
  return markup`<time datetime="${date.toISOString()}" data-as="span">since ${format.format(date)} UTC</time>`;
}

const isoTime = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** A sentence whose ISO times are written for people, in UTC, where a page cannot have elements. */
export function withPlainTimes(sentence: string): string {
  return sentence.replaceAll(
    new RegExp(isoTime, 'g'),
    (time) => `${time.slice(0, 19).replace('T', ' ')} UTC`,
  );
}

/** A sentence whose ISO times become times that people can read. */
export function withTimes(sentence: string): Markup {
  // The parts at odd places are the times.
  return markup`${sentence.split(isoTime).map((part, index) => (index % 2 === 1 && !Number.isNaN(Date.parse(part)) ? localTime(part) : part))}`;
}
