import { sql } from 'kysely';
import type { Trx } from '../../database/connect.ts';
import { notifyRelay } from '../outbox/enqueue.ts';
import { NEVER } from '../outbox/never.ts';
import { isStillToMake } from '../outbox/still-to-make.ts';

/**
 * Releases a held start to the relay, in the caller's transaction. A withdrawn or dead start is left unchanged. `counts` are set in its
 * input, which is validated again.
 */
export async function releaseStart(
  trx: Trx,
  entryId: number,
  counts?: { field: string; value: object },
): Promise<void> {
  await trx
    .updateTable('outbox')
    .set({
      isHeld: false,
      nextAttemptAt: sql<Date>`CASE WHEN ${isStillToMake} THEN now() ELSE next_attempt_at END`,
      ...(counts && {
        input: sql<string>`input || ${JSON.stringify({ [counts.field]: counts.value })}::jsonb`,
        isChecked: false,
      }),
    })
    .where('id', '=', entryId)
    .where('isHeld', '=', true)
    .execute();
  await notifyRelay(trx);
}

/** Drops a held start, in the caller's transaction, because the awaited job ended in another way. */
export async function skipStart(trx: Trx, entryId: number, reason: string): Promise<string | null> {
  const skipped = await trx
    .updateTable('outbox')
    .set({
      isHeld: false,
      outcome: 'skipped',
      droppedAt: sql<Date>`now()`,
      lastError: reason,
      nextAttemptAt: NEVER,
    })
    .where('id', '=', entryId)
    .where('isHeld', '=', true)
    .where((eb) => eb.or([isStillToMake, eb('outcome', '=', 'dead')]))
    .returning('jobId')
    .executeTakeFirst();
  return skipped?.jobId ?? null;
}
