/**
 * The detail of a failure that is nobody's fault whose attempts are counted: which attempt it was, from 1. Those before it
 * have failed by themselves.
 */
export interface UncountedAttempt {
  attempt: number;
  /** The least wait before the next attempt, in milliseconds, if the failure came with one. */
  retryAfterMs?: number;
}
