import { z } from 'zod';
import { errorMessage } from '../process/errors.ts';
import { optionFaults } from './check-options.ts';
import { bytesOf } from './shortened.ts';
import { lineFault } from './text.ts';

/** The share of waiting work that a key gets: keys take turns, in proportion to their weights. */
export interface Fairness {
  /** Such as the id of a tenant, at most 64 bytes of UTF-8. It must not be personal data: the engine stores and shows it. */
  key: string;
  /** From 0.001 to 1000; 1 by default. */
  weight?: number | undefined;
}

/** Priority and fairness as rows store them; null stands for the default. */
export interface Urgency {
  priority: number | null;
  fairnessKey: string | null;
  fairnessWeight: number | null;
}

/** The priorities, the most urgent first: those that the engine has by default. */
export const priorities = [1, 2, 3, 4, 5] as const;

/** The priority of work that declares none. */
export const DEFAULT_PRIORITY = 3;

/** The key of work that declares none: all such work shares its turns. */
export const NO_KEY = '';

const DEFAULT_WEIGHT = 1;

/** Length of a key in bytes: the engine accepts no longer ones. */
const MAX_KEY_BYTES = 64;

const isPriority = { error: `must be a whole number from ${priorities[0]} to ${priorities.length}` };
const isWeight = { error: 'must be a number from 0.001 to 1000' };

/** A priority, from 1, which is taken first, to 5. */
export const prioritySchema = z
  .int(isPriority)
  .min(priorities[0], isPriority)
  .max(priorities.length, isPriority)
  .meta({ description: '1 is taken first, 5 last; 3 by default.' });

/** See {@link Fairness}. */
export const fairnessSchema = z
  .strictObject(
    {
      key: z
        .string({ error: 'must be a text' })
        .superRefine((key, context) => {
          const message = keyFault(key);
          if (message !== undefined) context.addIssue({ code: 'custom', message });
        })
        .meta({ description: 'Such as the id of a tenant; at most 64 bytes, and no personal data.' }),
      weight: z
        .number(isWeight)
        .min(0.001, isWeight)
        .max(1_000, isWeight)
        .optional()
        .meta({ description: 'The share of the key in relation to other keys; 1 by default.' }),
    },
    {
      error: ({ code }: { code?: string }) =>
        code === 'invalid_type' ? 'must be an object with key and, optionally, weight' : undefined,
    },
  )
  .meta({ description: 'Waiting work of different keys is taken in turns.' });

function keyFault(key: string): string | undefined {
  if (key === '') return 'must not be empty';
  if (bytesOf(key) > MAX_KEY_BYTES) return `must have at most ${MAX_KEY_BYTES} bytes`;
  return lineFault(key);
}

/**
 * Returns the fairness that a definition's function derives from an input.
 * @throws what `failure` returns, given what is wrong, if the function throws or returns an invalid fairness.
 */
export function derivedFairness(
  derive: () => unknown,
  failure: (fault: string, cause?: unknown) => Error,
): Fairness | undefined {
  let derived: unknown;
  try {
    derived = derive();
  } catch (error) {
    throw failure(`it cannot be derived from the input: ${errorMessage(error)}`, error);
  }
  const parsed = fairnessSchema.optional().safeParse(derived);
  if (!parsed.success) throw failure(optionFaults(parsed.error));
  return parsed.data;
}

/** Priority and fairness as JSON shows them. */
export const urgencyJson = {
  priority: z.int().meta({ description: 'From 1, which is taken first, to 5.' }),
  fairness: z
    .strictObject({ key: z.string(), weight: z.number() })
    .nullable()
    .meta({ description: 'The key with which it takes turns, and its weight; null if it has none.' }),
};

/** Returns priority and fairness with their defaults, for JSON and pages. */
export function shownUrgency({ priority, fairnessKey, fairnessWeight }: Urgency): {
  priority: number;
  fairness: { key: string; weight: number } | null;
} {
  return {
    priority: priority ?? DEFAULT_PRIORITY,
    fairness: fairnessKey === null ? null : { key: fairnessKey, weight: fairnessWeight ?? DEFAULT_WEIGHT },
  };
}

/** Returns a key and its weight as text, for pages. */
export function turnsText({ key, weight }: { key: string; weight: number }): string {
  return weight === DEFAULT_WEIGHT ? key : `${key}, weight ${weight}`;
}

/** Returns fairness as rows store it. */
export function storedUrgency(
  priority: number | null | undefined,
  fairness: Fairness | null | undefined,
): Urgency {
  return {
    priority: priority ?? null,
    fairnessKey: fairness?.key ?? null,
    fairnessWeight: fairness?.weight ?? null,
  };
}
