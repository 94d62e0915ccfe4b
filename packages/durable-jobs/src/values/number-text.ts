import { z } from 'zod';

/** A number in digits. `Number` would also read `0x10` and `1e3`, and blank text as 0. */
export const numberIn = (min: number, max: number, format: RegExp, kind: string) => {
  const error = `must be ${kind} from ${min} to ${max}`;
  return z
    .string()
    .trim()
    .regex(format, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
};

/** A whole number in digits, for a variable or an option. */
export const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  numberIn(min, max, /^\d{1,16}$/, 'a whole number');
