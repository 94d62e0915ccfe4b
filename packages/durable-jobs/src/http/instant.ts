import { z } from 'zod';

/** Years that every part can represent: the engine counts nanoseconds in 64 bits, from 1678 to 2262. */
const [FIRST_YEAR, LAST_YEAR] = [1900, 2199];

/** A time that a caller specifies, in ISO 8601 with an offset. */
export const instant = z.iso
  // Text that is not a time must not reach the comparisons.
  .datetime({ offset: true, abort: true, error: 'must be a time such as 2026-11-24T06:44:00Z' })
  .transform((text) => new Date(text))
  .refine(isWithinYears, {
    error: `must be in the years ${FIRST_YEAR} to ${LAST_YEAR}`,
    abort: true,
  });

/** Whether a text such as `2026-03-01T10:00:00` is a time that exists. JavaScript reads February 31 as March 3. */
export function isRealTime(text: string): boolean {
  const at = new Date(`${text}Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) && isWithinYears(at);
}

function isWithinYears(at: Date): boolean {
  return at.getUTCFullYear() >= FIRST_YEAR && at.getUTCFullYear() <= LAST_YEAR;
}

/** The longest delay of work. */
export const LONGEST_DELAY_MS = 366 * 86_400_000;
