import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { areUnmade } from './still-to-make.ts';

/** For so long after its commit, a start may be on its way from the request that committed it. */
const UNDER_WAY_SECONDS = 15;

/**
 * Moves the time of a start that is committed and not made yet. A call that makes it at its old time may be in progress: its caller moves
 * the run then, see make-start.ts, as long as the run waits for its time. `under-way` if it would begin at once, so that it is too late
 * here and too early at the engine; `made` if nothing is left to be made; `expiresAt` if it would have expired by then. The newest start of
 * the job is meant, or that of an entry.
 */
export async function rescheduleStart(
  db: Db,
  jobId: string,
  at: Date,
  entryId?: number,
): Promise<'moved' | 'under-way' | 'made' | { expiresAt: Date }> {
  return db.transaction().execute(async (trx) => {
    // The relay puts off the next attempt at what it takes, and whatever failed backs off: who has it can't be told then.
    const entry = await trx
      .selectFrom('outbox')
      .select([
        'id',
        'expiresAt',
        'limitKey',
        'debounceKey',
        sql<boolean>`coalesce(next_attempt_at = start_at, false)`.as('isDeferred'),
        sql<boolean>`start_at > now() + make_interval(secs => ${UNDER_WAY_SECONDS})`.as('waitsForItsTime'),
        sql<boolean>`NOT is_held AND (created_at > now() - make_interval(secs => ${UNDER_WAY_SECONDS})
          OR next_attempt_at > now())`.as('isTaken'),
      ])
      .where('jobId', '=', jobId)
      .where(areUnmade)
      .$if(entryId !== undefined, (query) => query.where('id', '=', entryId ?? 0))
      .orderBy('id', 'desc')
      .limit(1)
      .forUpdate()
      .executeTakeFirst();
    if (!entry) return 'made';
    if (entry.expiresAt && entry.expiresAt <= at) return { expiresAt: entry.expiresAt };
    if (entry.isTaken && !entry.waitsForItsTime) return 'under-way';
    await trx
      .updateTable('outbox')
      .set({
        startAt: at,
        // It waits here for its time, or joins the line at its limit again then.
        ...(entry.isDeferred && { nextAttemptAt: at }),
        ...(entry.limitKey !== null && { isHeld: false, limitKey: null, nextAttemptAt: at }),
        // It no longer waits for others of its key.
        ...(entry.debounceKey !== null && { isHeld: false, debounceKey: null, nextAttemptAt: at }),
      })
      .where('id', '=', entry.id)
      .execute();
    return 'moved';
  });
}
