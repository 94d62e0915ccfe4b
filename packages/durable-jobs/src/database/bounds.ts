import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Runs work that only reads and may be abandoned: when `signal` aborts, its queries are cancelled, on the server too. All such work
 * together uses at most half of the pool, so that a table that does not respond blocks nothing else.
 */
export function withBounds<T>(signal: AbortSignal, work: () => T): T {
  return storage.run(signal, work);
}

/** Runs work that outlives the work that began it, such as work that is shared with other callers. */
export function withoutBounds<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** Returns the signal that aborts when the current work is abandoned; undefined if it never is. */
export function currentBounds(): AbortSignal | undefined {
  return storage.getStore();
}
