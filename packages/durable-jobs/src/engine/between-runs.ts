import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from './not-found.ts';

/** How many times, and after how many milliseconds, to call again between two runs: the engine may let a second pass there. */
const WAITS = 7;
const RETRY_MS = 300;

/** How many times in a row the engine must say that something does not exist before it counts as absent. */
const ABSENCES = 3;

/**
 * Makes a call that describes or deletes a deployment or a version of it; returns undefined if it does not exist. The engine keeps each in a
 * workflow of its own, which continues as a new run after a few changes: for a moment, it cannot be called, or is said not to exist.
 * @throws the engine's error.
 */
export async function callAcrossRuns<T>(
  call: () => Promise<T>,
  { retryMs = RETRY_MS } = {},
): Promise<T | undefined> {
  let absences = 0;
  let waits = 0;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (isNotFound(error)) {
        if (++absences === ABSENCES) return undefined;
      } else {
        absences = 0;
        if (!isBetweenRuns(error) || ++waits > WAITS) throw error;
      }
      await delay(retryMs);
    }
  }
}

function isBetweenRuns(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Workflow task is not scheduled yet');
}
