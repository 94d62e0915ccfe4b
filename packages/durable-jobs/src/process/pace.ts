import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the next call may be made. Rejects when `signal` aborts. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Spaces calls so that this process makes no more than `perSecond`, and after a pause `burst` of them at once. */
export function createPace(perSecond: number, burst = 1): Pace {
  const interval = 1_000 / perSecond;
  /** When the next call would be made if none were made early. */
  let nextAt = 0;
  return async (signal) => {
    const now = Date.now();
    const at = Math.max(now, nextAt - (burst - 1) * interval);
    nextAt = Math.max(now, nextAt) + interval;
    if (at > now) await delay(at - now, undefined, { signal });
  };
}
