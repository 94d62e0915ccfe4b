import { z } from 'zod';
import { optionOf } from '../../values/check-options.ts';
import { timeLimit } from '../../values/duration.ts';

/** How long starts wait for others of their key. */
export interface Debounce<Input extends object = object> {
  /** A start is made when no other start of its key has come for so long, such as `5m`; at most 7 days. */
  period: string;
  /** Returns the key whose starts are merged, such as a tenant's id; by default, the job's own key. No personal data. */
  key?(input: Input): string;
  /** The longest that the first of the merged starts waits, such as `1h`; at most 30 days. Without it, a stream of starts may postpone the run forever. */
  maxWait?: string;
}

const DAY_MS = 86_400_000;

/** Schema of the debouncing that a definition may have. */
export const debounceOption = z
  .strictObject(
    {
      period: timeLimit.refine((ms) => ms <= 7 * DAY_MS, 'must be 7d or less'),
      key: optionOf.function.optional(),
      maxWait: timeLimit.refine((ms) => ms <= 30 * DAY_MS, 'must be 30d or less').optional(),
    },
    {
      error: ({ code }) =>
        code === 'invalid_type'
          ? 'must be an object with period and, optionally, key and maxWait'
          : undefined,
    },
  )
  .refine(({ period, maxWait }) => maxWait === undefined || maxWait > period, {
    path: ['maxWait'],
    message: 'must be longer than period',
  })
  .optional();
