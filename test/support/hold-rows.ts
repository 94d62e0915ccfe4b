import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Db, Trx } from '../../domain/database/schema.ts';
import { gate } from './gate.ts';
import { eventually } from './jobs.ts';

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

/** Waits until this number of the database's sessions wait for a lock. */
export async function untilLocksAreAwaited(db: Db, count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
      db,
    );
    expect(rows).toHaveLength(count);
  });
}
