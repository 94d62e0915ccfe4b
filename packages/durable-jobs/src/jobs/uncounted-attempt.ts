/**
 * Detail of a failure that does not count as an attempt, in a policy that counts attempts: its number, from 1. Earlier attempts failed by
 * themselves.
 */
export interface UncountedAttempt {
  attempt: number;
  /** Minimum wait before the next attempt in milliseconds, if the failure specified one. */
  retryAfterMs?: number;
}
