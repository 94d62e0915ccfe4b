import type { Db, Trx } from '../../domain/database/schema.ts';
import { gate } from './gate.ts';

/**
 * Holds the locks that `lock` takes, so that work on the rows stops in the middle of its transaction. Returns a function that lets it
 * continue.
 */
export async function holdRows(db: Db, lock: (trx: Trx) => Promise<unknown>): Promise<() => Promise<void>> {
  const [locked, done] = [gate(), gate()];
  const holding = db.transaction().execute(async (trx) => {
    await lock(trx);
    locked.open();
    await done.opened;
  });
  await locked.opened;
  return async () => {
    done.open();
    await holding;
  };
}
