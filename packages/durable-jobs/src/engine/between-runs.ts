import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from './not-found.ts';

/** The engine lets at least a second pass between the runs of such a workflow. */
const ATTEMPTS = 8;
const RETRY_MS = 300;

/** So many times in a row, the engine must say that something does not exist. */
const ABSENCES = 3;

/**
 * Makes a call that describes or deletes a deployment or a version of it; returns undefined if this does not exist. The engine keeps each in a
 * workflow of its own, which continues as a new run after a few changes: for a moment, it cannot be called, or is said not to exist.
 * @throws the engine's error.
 */
export async function callAcrossRuns<T>(
  call: () => Promise<T>,
  { retryMs = RETRY_MS } = {},
): Promise<T | undefined> {
  let absences = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      absences = isNotFound(error) ? absences + 1 : 0;
      if (absences === ABSENCES) return undefined;
      if ((absences === 0 && !isBetweenRuns(error)) || attempt >= ATTEMPTS) throw error;
      await delay(retryMs);
    }
  }
}

function isBetweenRuns(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Workflow task is not scheduled yet');
}
