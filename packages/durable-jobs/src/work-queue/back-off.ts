import type { WorkPolicy } from './define-work-item.ts';

/** Returns the wait after a failed attempt, counted from 1. */
export function backOffMs(policy: WorkPolicy, attempt: number): number {
  return Math.min(
    policy.initialIntervalMs * policy.backoffCoefficient ** (attempt - 1),
    policy.maximumIntervalMs,
  );
}
