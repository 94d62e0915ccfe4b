import { sql } from 'kysely';
import type { Trx } from '../../database/connect.ts';
import { notifyRelay } from '../outbox/enqueue.ts';

/**
 * Makes the newest start of another job due which one has replaced that turned out not to be made, because its job exists: nothing would run for
 * the merged ones otherwise.
 */
export async function reviveReplaced(
  trx: Trx,
  { jobId, mergeId, expiresAt }: { jobId: string; mergeId: number; expiresAt: Date | null },
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('outbox')
    .set({
      outcome: null,
      droppedAt: null,
      nextAttemptAt: sql<Date>`now()`,
      // It may have been replaced without a wait of its own, and is not to wait now.
      settlesAt: sql<Date>`coalesce(settles_at, now())`,
      // It takes the other's place for all that were merged, and its own expiry may be earlier.
      expiresAt,
    })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('outbox')
        .select('id')
        .where('mergeId', '=', mergeId)
        .where('outcome', '=', 'replaced')
        .where('jobId', '<>', jobId)
        .orderBy('id', 'desc')
        .limit(1),
    )
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await notifyRelay(trx);
}
