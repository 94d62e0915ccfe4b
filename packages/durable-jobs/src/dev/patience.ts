import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { errorMessage } from '../process/errors.ts';
import type { Report } from './wait.ts';

/** Options of {@link withPatience}. */
export interface Patience {
  /** The server or step that is waited for, for the report and the error. */
  what: string;
  report: Report;
  signal?: AbortSignal;
  /** Time after which no further attempt is made, in milliseconds. */
  patienceMs?: number;
  /** Wait between attempts, in milliseconds. */
  retryMs?: number;
}

/** A busy machine needs minutes for what takes milliseconds otherwise. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 1_000;

/**
 * Repeats work while the engine or the database is unavailable or too slow, and reports the reason meanwhile.
 * @throws the error of an attempt that would not help to repeat; or, when the patience is over, an error with the last reason.
 */
export async function withPatience<T>(
  work: () => Promise<T>,
  { what, report, signal, patienceMs = PATIENCE_MS, retryMs = RETRY_MS }: Patience,
): Promise<T> {
  const begin = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isEngineUnavailable(error) && !isDatabaseUnavailable(error)) throw error;
      const reason = reasonOf(error);
      if (performance.now() - begin > patienceMs)
        throw new Error(`${what} was not available within ${patienceMs / 1_000} s: ${reason}`, {
          cause: error,
        });
      report(`waiting: ${reason}`);
      await delay(retryMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** The messages of an error and its causes: the SDK's own says only what it tried. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause)
    messages.push(errorMessage(current));
  return [...new Set(messages)].join(': ');
}
