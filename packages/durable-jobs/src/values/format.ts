const longDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const number = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

/** Formats a day, or the day of a time in UTC: `2026-11-22` → `Sunday 22 November 2026`. */
export function formatDay(day: string): string {
  return longDay.format(new Date(day)).replace(',', '');
}

/** Formats a day, or the day of a time in UTC, briefly: `2026-11-22` → `22 Nov`. */
export function formatShortDay(day: string): string {
  return shortDay.format(new Date(day));
}

/** Formats a count: `12345` → `12,345`. */
export function formatCount(count: number): string {
  return number.format(count);
}

/** Formats a count briefly: `12345` → `12.35K`. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

/** Formats a share: `0.256` → `26 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Formats bytes in megabytes with one decimal: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Formats a name in snake_case: `waiting_for_answer` → `waiting for answer`. */
export function formatName(name: string): string {
  return name.replaceAll(/[_-]/g, ' ');
}

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;

/** Formats milliseconds in the two largest units: `850 ms`, `4.2 s`, `2 min 5 s`, `1 d 3 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${Number((durationMs / 1000).toFixed(1))} s`;
  const rounded = Math.round(durationMs / 1000) * 1000;
  const at = units.findIndex(({ ms }) => rounded >= ms);
  const [larger, smaller] = [units[at] ?? units[3], units[at + 1] ?? units[3]];
  const rest = Math.floor((rounded % larger.ms) / smaller.ms);
  return `${Math.floor(rounded / larger.ms)} ${larger.name}${rest > 0 ? ` ${rest} ${smaller.name}` : ''}`;
}

/** Returns the unit of an axis: the largest one of which a duration has at least one and a half. */
export function durationUnit(durationMs: number): { name: string; ms: number } {
  return units.find(({ ms }) => durationMs >= 1.5 * ms) ?? { name: 'ms', ms: 1 };
}
