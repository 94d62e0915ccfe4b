import type { WorkPolicy } from './define-work-item.ts';

/** The wait after a failed attempt, from the first one on. */
export function backOffMs(policy: WorkPolicy, attempt: number): number {
  return Math.min(
    policy.initialIntervalMs * policy.backoffCoefficient ** (attempt - 1),
    policy.maximumIntervalMs,
  );
}
