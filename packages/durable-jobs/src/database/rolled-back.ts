import type { Db, Trx } from './connect.ts';

/** Ends a transaction without an error of its own. */
class RollBack extends Error {}

/**
 * Runs work in a transaction that is always rolled back, to see whether the work would succeed. The transactions of the work are part of
 * that one.
 */
export async function rolledBack(db: Db, work: (db: Db) => Promise<unknown>): Promise<void> {
  try {
    await db.transaction().execute(async (trx) => {
      await work(withinTransaction(trx));
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
}

/** Returns a database whose transactions are part of an open one. */
function withinTransaction(trx: Trx): Db {
  return new Proxy<Db>(trx, {
    get(target, name) {
      if (name === 'transaction') {
        return () => ({ execute: (work: (within: Trx) => Promise<unknown>) => work(trx) });
      }
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
}
