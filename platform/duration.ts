import ms from 'ms';
import { z } from 'zod';

/** A duration such as `5m`, `90 seconds` or a number of milliseconds, as milliseconds. */
export const durationMs = z
  .string()
  .meta({ description: 'A duration such as `90s`, `5m` or `1h`.' })
  .transform((text, context) => {
    const value = /^\d+$/.test(text) ? Number(text) : parseDuration(text);
    if (Number.isFinite(value) && value >= 0) return value;
    context.addIssue({ code: 'custom', message: 'must be a duration such as 90s, 5m or 1h' });
    return z.NEVER;
  });

/** NaN where it is none; `ms` itself throws at texts that are empty or long. */
function parseDuration(text: string): number {
  return text.length >= 1 && text.length <= 100 ? ms(text as ms.StringValue) : NaN;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Milliseconds in the largest unit that loses nothing: 5,400,000 is `90m`. {@link durationMs} reads it back. */
export function formatDuration(durationInMs: number): string {
  const [unit, size] = units.find(([, size]) => durationInMs % size === 0 && durationInMs >= size) ?? [
    's',
    1_000,
  ];
  return `${durationInMs / size}${unit}`;
}
