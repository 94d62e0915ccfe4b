import { z } from 'zod';

/** Milliseconds in each unit, the largest first. */
const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** Units in which durations are written back; weeks are read alone. */
const written = ['d', 'h', 'm', 's', 'ms'] as const;

/** A number and a unit in lower case. Anything else would be a guess: `1M` is a month to one reader and a minute to another. */
const format = /^(\d{1,13}(?:\.\d{1,3})?) ?(ms|[smhdw])$/;

/** A century: what is longer is a mistake, and would lead to times that no date can hold. */
const LONGEST_MS = 36_525 * units.d;

/** Node's timers hold this many milliseconds; with more, they would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A duration such as `90s`, `5m` or `1.5h`, as whole milliseconds. */
export const durationMs = z
  .string()
  .meta({
    description: 'A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`.',
    pattern: format.source,
  })
  .transform((text, context) => {
    const value = parseDuration(text);
    if (value !== undefined) return value;
    context.addIssue({
      code: 'custom',
      message: 'must be a duration such as 90s, 5m or 1h, with a unit in lower case',
    });
    return z.NEVER;
  });

/** As {@link durationMs}, where a timer waits for it. */
export const timerMs = durationMs.refine((value) => value <= LONGEST_TIMER_MS, 'must be 24d or less');

/** The milliseconds of a duration as {@link durationMs} reads it; undefined if the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = format.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const value = Number(number) * units[unit as keyof typeof units];
  return Number.isSafeInteger(value) && value <= LONGEST_MS ? value : undefined;
}

/** Writes milliseconds in the largest unit that loses nothing, as {@link durationMs} reads it: 5,400,000 is `90m`. */
export function writeDuration(durationInMs: number): string {
  const unit = written.find((name) => durationInMs % units[name] === 0 && durationInMs >= units[name]) ?? 's';
  return `${durationInMs / units[unit]}${unit}`;
}
