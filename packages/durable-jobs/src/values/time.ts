const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** Formats a time for people: `24 November 2026 at 06:44 UTC`. */
export function formatTime(time: Date): string {
  return `${format.format(time)} UTC`;
}
