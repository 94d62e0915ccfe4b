import { z } from 'zod';
import { durationMs } from '../../values/duration.ts';

/** A number of attempts that can be meant: more would fill a history. */
const MOST_ATTEMPTS = 1_000;

const byDelays = z.strictObject({
  /** The wait after each attempt that failed, in order. The job fails with the attempt after the last one. */
  delays: z.array(durationMs).max(MOST_ATTEMPTS - 1),
});

const byGrowth = z.strictObject({
  initialInterval: durationMs,
  /** The wait after the n-th attempt is min(initial × coefficient^(n-1), maximum). */
  backoffCoefficient: z.number().min(1).max(1_000).default(2),
  maximumInterval: durationMs.optional(),
  /** Without it, there is no last attempt. */
  maximumAttempts: z.int().min(1).max(MOST_ATTEMPTS).optional(),
});

/** How often a job is tried, as its definition says it. */
export const retryDeclaration = z.union([byDelays, byGrowth]);

/** How often a job is tried, as its definition says it: an exact list of waits, or Temporal's four numbers. */
export type RetryDeclaration = z.input<typeof retryDeclaration>;

/** How often a job is tried, as the engine takes it; in milliseconds. */
export interface RetryPlan {
  initialMs: number;
  coefficient: number;
  /** 0 where waits grow without limit. */
  maximumMs: number;
  /** 0 if there is no last attempt. */
  maximumAttempts: number;
  /** The waits one by one, if they follow no formula of the engine's: an attempt that fails says how long to wait. */
  delaysMs?: number[];
}

/**
 * The plan of a declaration.
 * @throws {ZodError} if it makes no sense.
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

/** Many lists are what a formula gives, such as 60, 300 and 900 s: min(60 × 5^(n-1), 900). The engine then keeps them itself. */
function planOfDelays(delaysMs: number[]): RetryPlan {
  const [first = 1_000, second = first] = delaysMs;
  const plan: RetryPlan = {
    initialMs: first,
    coefficient: first > 0 ? Math.max(1, second / first) : 1,
    maximumMs: Math.max(first, ...delaysMs),
    maximumAttempts: delaysMs.length + 1,
  };
  const isFormula = first > 0 && delaysMs.every((delay, index) => waitAfter(plan, index + 1) === delay);
  // The engine takes no interval of 0; each failure says the wait then.
  return isFormula ? plan : { ...plan, initialMs: Math.max(1, first), coefficient: 1, delaysMs };
}

/** Milliseconds to wait after attempt `n` of a plan has failed, as the engine computes it; `n` from 1. */
export function waitAfter({ initialMs, coefficient, maximumMs, delaysMs }: RetryPlan, n: number): number {
  const listed = delaysMs?.[n - 1];
  if (listed !== undefined) return listed;
  const wait = initialMs * coefficient ** (n - 1);
  return maximumMs > 0 ? Math.min(wait, maximumMs) : wait;
}
