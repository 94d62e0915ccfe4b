import { sql } from 'kysely';
import type { Trx } from '../../database/connect.ts';
import { wakeAwaiting } from '../flow/wake.ts';
import { NEVER } from './never.ts';

/** A start that another may stand for. */
export interface MergedStart {
  id: number;
  jobId: string;
  mergeId: number | null;
  expiresAt: Date | null;
}

/** The start that stands for others expires with the last of them: what was accepted without an expiry, or for longer, is not lost with it. */
export function latestExpiry(merged: readonly Pick<MergedStart, 'expiresAt'>[]): Date | null {
  const times = merged.flatMap(({ expiresAt }) => (expiresAt ? [expiresAt.getTime()] : []));
  return times.length < merged.length ? null : new Date(Math.max(...times));
}

/**
 * Records that another start stands for these, and for those that they stand for. The caller has locked the rows of all of them, and writes that of
 * `standing`, which gets the merge id: what it has stood for before is found by that too.
 */
export async function replaceStarts(
  trx: Trx,
  replaced: readonly MergedStart[],
  { standing, mergeId }: { standing: Pick<MergedStart, 'mergeId'>; mergeId: number },
): Promise<void> {
  if (replaced.length === 0) return;
  await trx
    .updateTable('outbox')
    .set({
      outcome: 'replaced',
      droppedAt: sql<Date>`now()`,
      nextAttemptAt: NEVER,
      isHeld: false,
      limitKey: null,
      debounceKey: null,
      runId: null,
      mergeId,
    })
    .where('id', '=', sql<number>`ANY(${replaced.map(({ id }) => id)}::bigint[])`)
    .execute();
  const others = new Set(
    [...replaced, standing].flatMap((one) => (one.mergeId === null ? [] : [one.mergeId])),
  );
  others.delete(mergeId);
  if (others.size > 0)
    await trx
      .updateTable('outbox')
      .set({ mergeId })
      .where('mergeId', '=', sql<number>`ANY(${[...others]}::bigint[])`)
      .execute();
  await wakeAwaiting(
    trx,
    replaced.map(({ jobId }) => jobId),
  );
}
