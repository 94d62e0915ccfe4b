/** The longest back-off, unless its user says otherwise. */
const LONGEST_MS = 30_000;

/** Returns the wait after the n-th consecutive failure, counted from 1: 1, 2, 4 … seconds, at most `maxMs`. */
export function backOffMs(failures: number, maxMs = LONGEST_MS): number {
  return Math.min(1_000 * 2 ** Math.min(failures - 1, 20), maxMs);
}

/** Returns the number of consecutive failures after a run of `ranMs` failed: one that outlasted the longest back-off is the first. */
export function failuresAfter(failures: number, ranMs: number): number {
  return ranMs > LONGEST_MS ? 1 : failures + 1;
}
