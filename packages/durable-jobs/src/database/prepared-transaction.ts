import type { Db, Trx } from './connect.ts';
import { isOutdatedStatement, withPrepared } from './prepared.ts';

/** Runs of one transaction, at most: each outdated statement may end one. */
const MOST_RUNS = 20;

/**
 * Runs a transaction that is repeated often, with prepared statements, see {@link withPrepared}. If a table has changed since they were prepared, it
 * is rolled back and run again, so `work` must have no effect outside of it.
 */
export async function inPreparedTransaction<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return await withPrepared(() => db.transaction().execute(work));
    } catch (error) {
      // The statement is forgotten, so each run has fewer that may be outdated.
      if (!isOutdatedStatement(error) || run === MOST_RUNS) throw error;
    }
  }
}
