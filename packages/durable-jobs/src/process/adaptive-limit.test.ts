import { describe, expect, it } from 'vitest';
import { createAdaptiveLimit, type AdaptiveLimit } from './adaptive-limit.ts';

/** Makes calls of which as many are in progress as the limit permits; `msOf` says how long each takes then. Returns the limits that were seen. */
function call(limit: AdaptiveLimit, calls: number, msOf: (atOnce: number) => number): number[] {
  return Array.from({ length: calls }, () => {
    const { current } = limit;
    limit.succeeded(msOf(current));
    return current;
  });
}

/** A server that does so many calls at once, each in 40 ms; others wait. */
const server = (atOnce: number) => (calls: number) => 40 * Math.max(1, calls / atOnce);

describe('the number of calls at once', () => {
  it('rises to the most while calls take no longer than alone', () => {
    const limit = createAdaptiveLimit(16);
    expect(limit.current).toBe(1);
    const seen = call(limit, 500, () => 40);
    expect(limit.current).toBe(16);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it.each([1, 4, 8])('stays near what a server does at once: %i', (atOnce) => {
    const limit = createAdaptiveLimit(100);
    call(limit, 500, server(atOnce));
    const seen = call(limit, 2_000, server(atOnce));
    expect(Math.max(...seen)).toBeLessThanOrEqual(2 * atOnce);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(Math.max(1, Math.floor(atOnce / 2)));
  });

  it('falls to one where calls take longer for another reason, rises again when that has gone, and is never less', () => {
    const limit = createAdaptiveLimit(16);
    call(limit, 500, () => 10);
    const busy = call(limit, 100, () => 100);
    expect(busy.at(-1)).toBe(1);
    call(limit, 500, () => 10);
    expect(limit.current).toBe(16);
  });

  it('takes the time of a server that has become farther away for that of calls alone, after a while', () => {
    const limit = createAdaptiveLimit(16);
    call(limit, 500, () => 10);
    call(limit, 2_000, () => 60);
    expect(limit.current).toBe(16);
  });

  it('halves if the server has too many', () => {
    const limit = createAdaptiveLimit(16);
    call(limit, 500, () => 10);
    const seen = Array.from({ length: 5 }, () => {
      limit.overloaded();
      return limit.current;
    });
    expect(seen).toEqual([8, 4, 2, 1, 1]);
  });

  it('is not affected by a few slow calls among many', () => {
    const limit = createAdaptiveLimit(16);
    call(limit, 500, () => 10);
    for (let n = 0; n < 160; n++) limit.succeeded(n % 4 === 0 ? 5_000 : 10);
    expect(limit.current).toBe(16);
  });
});
