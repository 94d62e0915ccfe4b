import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the next call may be made. Rejects when `signal` aborts. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Spaces calls so that this process makes no more than `perSecond`. */
export function createPace(perSecond: number): Pace {
  let nextAt = 0;
  return async (signal) => {
    const now = Date.now();
    const at = Math.max(now, nextAt);
    nextAt = at + 1_000 / perSecond;
    if (at > now) await delay(at - now, undefined, { signal });
  };
}
