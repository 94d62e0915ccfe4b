const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** A time as a person reads it, such as `24 November 2026 at 06:44 UTC`. */
export function formatTime(time: Date): string {
  return `${format.format(time)} UTC`;
}
