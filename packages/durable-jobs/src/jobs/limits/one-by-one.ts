import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';

/** The work of this process at the limits of a key. */
interface Queue {
  last: Promise<unknown>;
  /** When others did not let go of the limits in time, by `performance.now()`. */
  gaveUpAt: number;
}

/** What this process does at limits, by their keys: one piece of work at a time, so that a key never takes more than one connection. */
const queues = new WeakMap<Db, Map<string, Queue>>();

/**
 * Does a piece of work at limits after those before it; undefined if others have the limits for too long. What is in the queue at that time gives
 * up too: it would only wait for as long.
 */
export async function oneByOne<T>(db: Db, key: string, work: () => Promise<T>): Promise<T | undefined> {
  const ofDb = queues.get(db) ?? new Map<string, Queue>();
  queues.set(db, ofDb);
  const queue = ofDb.get(key) ?? { last: Promise.resolve(), gaveUpAt: -Infinity };
  ofDb.set(key, queue);
  const queuedAt = performance.now();
  const result = queue.last.then(async () => {
    if (queuedAt < queue.gaveUpAt) return undefined;
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      queue.gaveUpAt = performance.now();
      return undefined;
    }
  });
  const settled = result.catch(() => undefined);
  queue.last = settled;
  try {
    return await result;
  } finally {
    if (queue.last === settled) ofDb.delete(key);
  }
}

/** PostgreSQL's code of an error: a lock was not available in time. */
const LOCK_NOT_AVAILABLE = '55P03';

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE;
}

/**
 * Bounds a transaction at a limit: it waits for the lock of another process only for a moment, and a process that stops in its middle, for
 * example because it is frozen, holds up the others only for seconds.
 */
export async function boundLocks(trx: Trx, lockTimeout: '100ms' | '300ms'): Promise<void> {
  await sql`SELECT set_config('lock_timeout', ${lockTimeout}, true),
    set_config('idle_in_transaction_session_timeout', '5s', true)`.execute(trx);
}
