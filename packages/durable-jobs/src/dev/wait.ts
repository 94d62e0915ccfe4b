import { setMaxListeners } from 'node:events';
import pWaitFor from 'p-wait-for';
import { errorMessage } from '../process/errors.ts';

/** Reports the progress of long work. */
export type Report = (line: string) => void;

/** Thrown if a stop was requested, which is not a failure. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Options of {@link waitUntil}. */
export interface WaitOptions {
  /** Name of the condition, for the error message. */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal;
}

/** Time limit of one attempt, so that it does not delay the others. */
const ATTEMPT_MS = 3_000;

/**
 * Waits until a condition holds. A condition that throws is not met yet.
 * @throws an error with the last reason when the time is up or the signal aborts.
 */
export async function waitUntil(
  condition: (signal: AbortSignal) => boolean | Promise<boolean>,
  { what, timeoutMs, intervalMs = 100, signal }: WaitOptions,
): Promise<void> {
  let reason = '';
  const attempt = async (): Promise<boolean> => {
    const trying = new AbortController();
    const timer = setTimeout(
      () => trying.abort(new Error(`no response within ${ATTEMPT_MS} ms`)),
      ATTEMPT_MS,
    );
    try {
      const either = signal ? AbortSignal.any([trying.signal, signal]) : trying.signal;
      const holds = await abortable(Promise.resolve(condition(either)), either);
      reason = '';
      return holds;
    } catch (error) {
      signal?.throwIfAborted();
      reason = ` (${errorMessage(error)})`;
      return false;
    } finally {
      clearTimeout(timer);
    }
  };
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([deadline, signal]) : deadline;
  // Every attempt adds a listener.
  setMaxListeners(0, either);
  try {
    await pWaitFor(attempt, { interval: intervalMs, signal: either });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new Error(`${what}: not within ${timeoutMs / 1000} s${reason}`);
    throw error;
  }
}

/** Settles like the promise, or rejects as soon as the signal aborts. */
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

/** Formats the seconds since a reading of `performance.now()` with one decimal. */
export function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
