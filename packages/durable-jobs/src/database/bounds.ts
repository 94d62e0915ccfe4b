import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Runs work that only reads, and may be given up: when `signal` aborts, its queries end, on the server too. However much of
 * such work there is, it holds no more than half of the pool, so that a table that does not answer stops nothing else.
 */
export function withBounds<T>(signal: AbortSignal, work: () => T): T {
  return storage.run(signal, work);
}

/** Runs work that outlives what it was begun within, such as work that is shared with others. */
export function withoutBounds<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** Aborts when the work that calls it is given up; undefined if it never is. */
export function currentBounds(): AbortSignal | undefined {
  return storage.getStore();
}
