import { setMaxListeners } from 'node:events';
import pWaitFor from 'p-wait-for';
import { errorMessage } from '../process/errors.ts';

/** Takes lines about long work, to show that it is alive. */
export type Report = (line: string) => void;

/** Someone requested a stop, which is not a failure. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** How {@link waitUntil} waits. */
export interface WaitOptions {
  /** What is waited for, for the error's message. */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal;
}

/** One attempt may not hold up the others for longer than this. */
const ATTEMPT_MS = 3_000;

/**
 * Waits until a condition holds. A condition that throws does not hold yet.
 * @throws with the last reason, when the time is over or the signal aborts.
 */
export async function waitUntil(
  condition: (signal: AbortSignal) => boolean | Promise<boolean>,
  { what, timeoutMs, intervalMs = 100, signal }: WaitOptions,
): Promise<void> {
  let reason = '';
  const attempt = async (): Promise<boolean> => {
    const trying = new AbortController();
    const timer = setTimeout(() => trying.abort(new Error(`no answer within ${ATTEMPT_MS} ms`)), ATTEMPT_MS);
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
  // It gets a listener with every attempt.
  setMaxListeners(0, either);
  try {
    await pWaitFor(attempt, { interval: intervalMs, signal: either });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new Error(`${what}: not within ${timeoutMs / 1000} s${reason}`);
    throw error;
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
