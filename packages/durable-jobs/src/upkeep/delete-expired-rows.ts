import { z } from 'zod';
import type { DeleteBatch } from '../database/delete-batch.ts';
import { walk } from '../engine/walk.ts';

/** Rows that one statement deletes: it takes milliseconds, and so do its locks. */
const BATCH = 1_000;

const count = z.number().int().nonnegative();
/** Which kind of rows is next, and what was deleted so far. */
const checkpoint = z.object({ next: count, deleted: z.record(z.string(), count) });

/**
 * Deletes what has expired, kind by kind and a batch at a time, each batch in a transaction of its own; returns how many rows of each kind.
 * For an activity: it heartbeats, and an attempt that takes over continues from the last heartbeat. A repeat is safe, because what is
 * deleted is not there any more; batches that were deleted after that heartbeat are missing in its counts.
 * @throws {CancelledFailure} after the current batch, if the activity is cancelled.
 */
export async function deleteExpiredRows<Kind extends string, Settings, Database>(
  db: Database,
  kinds: Readonly<Record<Kind, DeleteBatch<Settings, Database>>>,
  settings: Settings,
  batch = BATCH,
): Promise<Record<Kind, number>> {
  const names = Object.keys(kinds) as Kind[];
  const nothing = Object.fromEntries(names.map((kind) => [kind, 0])) as Record<Kind, number>;
  // The heartbeat of an attempt of another release may have other kinds.
  const start: z.output<typeof checkpoint> = { next: 0, deleted: nothing };
  const { deleted } = await walk(checkpoint, start, async ({ next, deleted: before }) => {
    const kind = names[next];
    if (kind === undefined) return { checkpoint: { next, deleted: before }, done: true };
    const rows = await kinds[kind](db, settings, batch);
    return {
      checkpoint: {
        next: rows < batch ? next + 1 : next,
        deleted: { ...before, [kind]: (before[kind] ?? 0) + rows },
      },
      done: false,
    };
  });
  return { ...nothing, ...deleted };
}
