import { z } from 'zod';
import { optionOf } from '../../values/check-options.ts';
import { timeLimit } from '../../values/duration.ts';

/** Which start of a key wins. */
export type Keep = (typeof keepModes)[number];

const keepModes = ['newest', 'oldest'] as const;

/** How many runs of a job may be open at the same time. */
export interface Concurrency<Input extends object = object> {
  /** From 1 to 10,000. */
  limit: number;
  /** Returns the key whose runs are counted together, such as a tenant's id; by default, all runs of the job. No personal data. */
  key?(input: Input): string;
  /**
   * Keeps one start of a key, with the limit 1, instead of letting all wait. `newest`: a start replaces those that wait, and the open run is
   * cancelled for it. `oldest`: a start is not made while a run is open.
   */
  keep?: Keep;
}

/** How many starts of a job are made in a period. */
export interface Throttle<Input extends object = object> {
  /** From 1 to 10,000. */
  limit: number;
  /** Such as `1s` or `1m`; at most a day. */
  period: string;
  /** Returns the key whose starts are counted together, such as a tenant's id; by default, all starts of the job. No personal data. */
  key?(input: Input): string;
}

const isCount = { error: 'must be a whole number from 1 to 10000' };
const DAY_MS = 86_400_000;

const limit = z.int(isCount).min(1, isCount).max(10_000, isCount);
const key = optionOf.function.optional();
const keep = z.enum(keepModes, { error: `must be ${keepModes.join(' or ')}` }).optional();
const isLimits = { error: 'must be an object with limit and, optionally, key and keep' };
const isRate = { error: 'must be an object with limit, period and, optionally, key' };

/** A declaration such as `{ limit, key }`, with `error` if it is no object. */
function declaration<Shape extends z.ZodRawShape>(shape: Shape, { error }: { error: string }) {
  return z.strictObject(shape, {
    error: ({ code }: { code?: string }) => (code === 'invalid_type' ? error : undefined),
  });
}

/** Schemas of the limits that a definition may have. */
export const limitOptions = {
  concurrency: declaration({ limit, key, keep }, isLimits)
    .refine((declared) => declared.keep === undefined || declared.limit === 1, {
      path: ['limit'],
      message: 'must be 1 with keep',
    })
    .optional(),
  throttle: declaration(
    { limit, period: timeLimit.refine((ms) => ms <= DAY_MS, 'must be 1d or less'), key },
    isRate,
  ).optional(),
};
