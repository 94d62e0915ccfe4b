import { z } from 'zod';
import type { DeleteBatch } from '../database/delete-batch.ts';
import { walk } from '../engine/walk.ts';

/** Rows per statement. A statement takes milliseconds, and holds its locks no longer. */
const BATCH = 1_000;

const count = z.number().int().nonnegative();
/** The kind of rows that is next, and what was deleted so far. */
const checkpoint = z.object({ next: count, deleted: z.record(z.string(), count) });

/**
 * Deletes expired rows, kind by kind and in batches, each in a separate transaction; returns the number of rows of each kind. It is for an
 * activity: it heartbeats, and an attempt that takes over continues from the last heartbeat. A repeat is safe, because deleted rows are not
 * found again; batches that were deleted after that heartbeat are missing in the counts.
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
  // The heartbeat of another release's attempt may have other kinds.
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
