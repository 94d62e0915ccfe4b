import { setTimeout as delay } from 'node:timers/promises';

/** Takes lines about work that goes on for long, to show that it is alive. */
export type Report = (line: string) => void;

/** Somebody wants it to stop, which is not a failure. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** What {@link waitUntil} may be told. */
export interface WaitOptions {
  /** What is waited for, for the error's message. */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal;
}

/** One try of a condition may not hold up the others for longer than this. */
const TRY_MS = 3_000;

/**
 * Tries a condition until it holds. One that throws does not hold yet.
 * @throws with the last reason, when the time is over or the signal aborts.
 */
export async function waitUntil(
  condition: (signal: AbortSignal) => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<void> {
  const { what, timeoutMs, intervalMs = 100, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let last = '';
  for (;;) {
    signal?.throwIfAborted();
    const trying = new AbortController();
    const timer = setTimeout(() => trying.abort(new Error(`no answer within ${TRY_MS} ms`)), TRY_MS);
    try {
      const either = signal ? AbortSignal.any([trying.signal, signal]) : trying.signal;
      if (await abortable(Promise.resolve(condition(either)), either)) return;
      last = '';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(timer);
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s${last === '' ? '' : ` (${last})`}`);
    }
    // The loop begins with throwing the reason of the signal; this would throw an error of its own.
    await delay(intervalMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** Settles as the promise does, or fails as soon as the signal aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Seconds with one decimal since a reading of `performance.now()`. */
export function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
