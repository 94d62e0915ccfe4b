import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';

/** How many connections of the pool all work with this share uses at most: half of them, or all. */
export type PoolShare = 'half' | 'all';

const storage = new AsyncLocalStorage<{ signal: AbortSignal; share: PoolShare } | undefined>();

/**
 * Runs work that may be abandoned, because it only reads or is safe to repeat: when `signal` aborts, its queries are cancelled, on the server
 * too. All such work together uses at most half of the pool, so that a table that does not respond blocks nothing else. Work that others
 * depend on has the share `all`.
 */
export function withBounds<T>(signal: AbortSignal, work: () => T, share: PoolShare = 'half'): T {
  // Each of its queries listens while it runs. Node would warn of more than ten, as of a leak.
  setMaxListeners(0, signal);
  return storage.run({ signal, share }, work);
}

/** Runs work that outlives the work that began it, such as work that is shared with other callers. */
export function withoutBounds<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** Returns the signal that aborts when the current work is abandoned; undefined if it never is. */
export function currentBounds(): AbortSignal | undefined {
  return storage.getStore()?.signal;
}

/** Returns how much of the pool the current work may use. */
export function currentShare(): PoolShare {
  return storage.getStore()?.share ?? 'all';
}
