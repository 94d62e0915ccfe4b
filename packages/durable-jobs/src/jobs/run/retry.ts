import { z } from 'zod';
import { durationMs } from '../../values/duration.ts';

/** Plausible limit of attempts: more would fill a history. */
const MOST_ATTEMPTS = 1_000;

const byDelays = z.strictObject({
  /** The waits after failed attempts, in order. The attempt after the last wait is the final one. */
  delays: z.array(durationMs).max(MOST_ATTEMPTS - 1),
});

const byGrowth = z.strictObject({
  initialInterval: durationMs,
  /** The wait after the n-th attempt is min(initial × coefficient^(n-1), maximum). */
  backoffCoefficient: z.number().min(1).max(1_000).default(2),
  maximumInterval: durationMs.optional(),
  /** Unlimited by default. */
  maximumAttempts: z.int().min(1).max(MOST_ATTEMPTS).optional(),
});

/** The declaration of a retry policy. */
export const retryDeclaration = z.union([byDelays, byGrowth]);

/** The declaration of a retry policy: an exact list of waits, or Temporal's four numbers. */
export type RetryDeclaration = z.input<typeof retryDeclaration>;

/** A retry policy as the engine needs it; in milliseconds. */
export interface RetryPlan {
  initialMs: number;
  coefficient: number;
  /** 0 where waits grow without limit. */
  maximumMs: number;
  /** 0 for unlimited attempts. */
  maximumAttempts: number;
  /** The individual waits, if they do not follow the engine's formula: each failure then specifies the wait. */
  delaysMs?: number[];
}

/**
 * Returns the plan of a declaration.
 * @throws {ZodError} if the declaration is not valid.
 */
export function retryPlan(declared: RetryDeclaration): RetryPlan {
  const retry = retryDeclaration.parse(declared);
  if ('delays' in retry) return planOfDelays(retry.delays);
  return {
    initialMs: retry.initialInterval,
    coefficient: retry.backoffCoefficient,
    maximumMs: retry.maximumInterval ?? 0,
    maximumAttempts: retry.maximumAttempts ?? 0,
  };
}

/** Many lists match the formula, such as 60, 300 and 900 s: min(60 × 5^(n-1), 900). The engine then applies them itself. */
function planOfDelays(delaysMs: number[]): RetryPlan {
  const [first = 1_000, second = first] = delaysMs;
  const plan: RetryPlan = {
    initialMs: first,
    coefficient: first > 0 ? Math.max(1, second / first) : 1,
    maximumMs: Math.max(first, ...delaysMs),
    maximumAttempts: delaysMs.length + 1,
  };
  const isFormula = first > 0 && delaysMs.every((delay, index) => waitAfter(plan, index + 1) === delay);
  // The engine refuses an interval of 0; each failure then specifies the wait.
  return isFormula ? plan : { ...plan, initialMs: Math.max(1, first), coefficient: 1, delaysMs };
}

/** Returns the wait in milliseconds after attempt `n` of a plan has failed, as the engine computes it; `n` from 1. */
export function waitAfter({ initialMs, coefficient, maximumMs, delaysMs }: RetryPlan, n: number): number {
  const listed = delaysMs?.[n - 1];
  if (listed !== undefined) return listed;
  const wait = initialMs * coefficient ** (n - 1);
  return maximumMs > 0 ? Math.min(wait, maximumMs) : wait;
}

/** Whether all attempts of a plan, each of which may last `attemptMs`, and the waits between them are shorter together than a time. */
export function endsWithin(plan: RetryPlan, attemptMs: number, timeMs: number): boolean {
  if (plan.maximumAttempts === 0) return false;
  let sum = plan.maximumAttempts * attemptMs;
  for (let n = 1; n < plan.maximumAttempts; n += 1) sum += waitAfter(plan, n);
  return sum < timeMs;
}
