/** Shows times in the reader's time zone, or as a distance from now, with UTC on hover. */
export {};

/** @type {[name: string, seconds: number][]} */
const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/**
 * The reader's language, with 24 hours as in expressions of schedules and in logs.
 * @type {Intl.DateTimeFormatOptions}
 */
const timeOfDay = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

const sameYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', ...timeOfDay });
const otherYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  ...timeOfDay,
});
const second = new Intl.DateTimeFormat(undefined, timeOfDay);
const clock = new Intl.DateTimeFormat(undefined, { ...timeOfDay, fractionalSecondDigits: 3 });

/**
 * Returns the distance of a time from now in its largest unit.
 * @param {Date} at
 * @param {boolean} isSpan whether it marks the beginning of a state that still lasts
 */
function distance(at, isSpan) {
  const seconds = Math.round((at.getTime() - Date.now()) / 1_000);
  const [unit, size] = units.find(([, least]) => Math.abs(seconds) >= least) ?? ['s', 1];
  const text = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
  if (isSpan) return `for ${text}`;
  return seconds === 0 ? 'now' : seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** @param {Date} at */
function local(at) {
  return (at.getFullYear() === new Date().getFullYear() ? sameYear : otherYear).format(at);
}

/**
 * Returns the time of day.
 * @param {Date} at
 */
export function clockOf(at) {
  return second.format(at);
}

/**
 * A sentence whose ISO times are written in the reader's time zone.
 * @param {string} sentence
 */
export function withLocalTimes(sentence) {
  return sentence.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => local(new Date(time)));
}

/**
 * Changes an element's text if it differs, so that a selection in it lasts.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Rewrites all times of the page. */
export function showTimes() {
  for (const time of document.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    const utc = `${time.dateTime.slice(0, 19).replace('T', ' ')} UTC`;
    const { as } = time.dataset;
    if (as === undefined || as === 'clock') {
      if (!time.title) time.title = utc;
      setText(time, as === 'clock' ? clock.format(at) : local(at));
    } else {
      if (!time.title) time.title = `${local(at)}, ${utc}`;
      setText(time, distance(at, as === 'span'));
    }
  }
}
