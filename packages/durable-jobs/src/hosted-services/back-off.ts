/** Returns the wait after the n-th consecutive failure, counted from 1: 1, 2, 4 … seconds, at most `maxMs`. */
export function backOffMs(failures: number, maxMs = 30_000): number {
  return Math.min(1_000 * 2 ** Math.min(failures - 1, 20), maxMs);
}
