import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { REPORTED } from '../limits/reported.ts';
import { jobEndsChannel } from './channel.ts';

/** Makes the checks of these jobs due now, if others wait for them or they hold slots of limits. */
export async function wakeAwaiting(db: Db, jobIds: readonly string[]): Promise<void> {
  const { rows } = await sql<{ isAwaited: boolean }>`
    WITH awaited AS (
      UPDATE awaited_jobs SET next_check_at = now() WHERE job_id = ANY(${jobIds}::text[]) AND ended_at IS NULL RETURNING id
    ), slot AS MATERIALIZED (
      SELECT limit_key, entry_id FROM limit_slots WHERE job_id = ANY(${jobIds}::text[]) AND ends_at IS NULL
      ORDER BY limit_key, entry_id FOR UPDATE
    ), holding AS (
      UPDATE limit_slots AS held SET next_check_at = ${REPORTED} FROM slot
      WHERE held.limit_key = slot.limit_key AND held.entry_id = slot.entry_id RETURNING held.entry_id
    ) SELECT EXISTS (SELECT FROM awaited) OR EXISTS (SELECT FROM holding) AS "isAwaited"`.execute(db);
  if (rows[0]?.isAwaited === true) await notifyJobEnds(db);
}

/** Makes the checks of a job due now whose start was not made and has no valid id, if others wait for it. */
export async function wakeAwaitingStart(db: Db, entryId: number): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('awaitedJobs')
    .set({ nextCheckAt: sql<Date>`now()` })
    .where('upToEntryId', '=', entryId)
    .where('jobId', 'is', null)
    .where('endedAt', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await notifyJobEnds(db);
}

/** Wakes the service that watches for ends of jobs; in a transaction, at its commit. */
export async function notifyJobEnds(db: Db): Promise<void> {
  await sql`SELECT pg_notify(${jobEndsChannel}, '')`.execute(db);
}

/**
 * Restores waits for a job that an operator has retried after it ended in another way, given by its run or by its start that was not made.
 * Starts that were made since stay made, and completed groups stay completed.
 */
export async function awaitAgain(
  trx: Trx,
  ended: { jobId: string; runId: string } | { unmadeEntryId: number },
): Promise<void> {
  const again = await trx
    .updateTable('awaitedJobs')
    .set({ endedAt: null, endedAs: null, unmadeEntryId: null, nextCheckAt: sql<Date>`now()` })
    .where((eb) =>
      'runId' in ended
        ? eb.and({ jobId: ended.jobId, runId: ended.runId })
        : eb('unmadeEntryId', '=', ended.unmadeEntryId),
    )
    .where('endedAt', 'is not', null)
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom('outbox')
            .select('id')
            .whereRef('outbox.id', '=', 'awaitedJobs.heldEntryId')
            .where('outcome', '=', 'skipped'),
        ),
        eb.exists(
          eb
            .selectFrom('jobGroups')
            .select('id')
            .whereRef('jobGroups.id', '=', 'awaitedJobs.groupId')
            .where('completedAt', 'is', null),
        ),
      ]),
    )
    .returning('heldEntryId')
    .execute();
  for (const { heldEntryId: id } of again) {
    if (id === null) continue;
    await trx
      .updateTable('outbox')
      .set({ isHeld: true, outcome: null, droppedAt: null, lastError: null })
      .where('id', '=', id)
      .execute();
    await awaitAgain(trx, { unmadeEntryId: id });
  }
}
