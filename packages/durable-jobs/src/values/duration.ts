import { z } from 'zod';

/** Milliseconds in each unit, the largest first. */
const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** Units in which durations are formatted; weeks are only read. */
const written = ['d', 'h', 'm', 's', 'ms'] as const;

/** A number and a unit in lower case. Anything else is ambiguous: `1M` is a month to one reader and a minute to another. */
const format = /^(\d{1,13}(?:\.\d{1,3})?) ?(ms|[smhdw])$/;

/** A century: anything longer is a mistake, and would lead to times that no date can represent. */
const LONGEST_MS = 36_525 * units.d;

/** The longest delay of Node's timers in milliseconds; with more, they fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A duration such as `90s`, `5m` or `1.5h`, parsed to whole milliseconds. */
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

/** The same as {@link durationMs}, limited to what a timer can wait for. */
export const timerMs = durationMs.refine((value) => value <= LONGEST_TIMER_MS, 'must be 24d or less');

/** A time limit such as `30s`, which can't be zero. */
export const timeLimit = z
  .string({ error: 'must be a duration such as 30s' })
  .pipe(durationMs)
  .refine((value) => value > 0, 'must be longer than 0s');

/** Parses a duration as {@link durationMs} does; returns undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = format.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const value = Number(number) * units[unit as keyof typeof units];
  return Number.isSafeInteger(value) && value <= LONGEST_MS ? value : undefined;
}

/** Formats milliseconds in the largest unit that represents them exactly, as {@link durationMs} reads it: 5,400,000 is `90m`. */
export function writeDuration(durationInMs: number): string {
  const unit = written.find((name) => durationInMs % units[name] === 0 && durationInMs >= units[name]) ?? 's';
  return `${durationInMs / units[unit]}${unit}`;
}
