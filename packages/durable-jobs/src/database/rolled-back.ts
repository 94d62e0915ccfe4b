import { sql } from 'kysely';
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

/** Returns a database whose transactions are parts of an open one, each of which is rolled back alone if its work fails. */
function withinTransaction(trx: Trx): Db {
  const inner = {
    execute: <T>(work: (within: Trx) => Promise<T>): Promise<T> => inSavepoint(trx, work),
    setIsolationLevel: () => inner,
    setAccessMode: () => inner,
  };
  return new Proxy<Db>(trx, {
    get(target, name) {
      if (name === 'transaction') return () => inner;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
}

async function inSavepoint<T>(trx: Trx, work: (within: Trx) => Promise<T>): Promise<T> {
  await sql`SAVEPOINT inner_transaction`.execute(trx);
  try {
    const result = await work(trx);
    await sql`RELEASE SAVEPOINT inner_transaction`.execute(trx);
    return result;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT inner_transaction`.execute(trx);
    throw error;
  }
}
