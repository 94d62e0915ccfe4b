import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { forgetRetry } from '../run-records/job-retries.ts';
import { reviveReplaced } from '../debounce/revive-replaced.ts';
import { wakeAwaiting } from '../flow/wake.ts';
import type { OutboxEntry } from './enqueue.ts';
import { NEVER } from './never.ts';
import type { StartOutcome } from './start-outcome.ts';

/** Retry interval of a start that waits for an open run. */
const WAIT_SECONDS = 10;

/** The columns of a dropped start. */
const dropped = () => ({ droppedAt: new Date(), nextAttemptAt: NEVER });

/**
 * Records the outcome of an entry's start, and which run came of a retry. What another process has recorded meanwhile stays. `withdrawn`:
 * the start was withdrawn, and nothing is recorded unless that is to be passed over. `movedTo`: its time is no longer the entry's, and
 * nothing is recorded. Of starts of one job that wait for the same run, only the oldest continues waiting: it is made after all of them
 * were accepted. One that was debounced, or has replaced others, is not dropped: it may stand for them, and they wait for its own end.
 * `ifAtLimit`: nothing is recorded unless the start waits at a limit.
 */
export async function recordOutcome(
  db: Db,
  entry: OutboxEntry,
  { kind, runId }: StartOutcome,
  { evenIfWithdrawn = false, ifAtLimit = false } = {},
): Promise<'recorded' | 'withdrawn' | { movedTo: Date }> {
  const change = {
    started: { dispatchedAt: new Date(), outcome: 'started', runId },
    delivered: { dispatchedAt: new Date(), outcome: 'delivered', runId },
    exists: { ...dropped(), outcome: 'exists', runId, isHeld: false, limitKey: null },
    waits: {
      runId,
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${WAIT_SECONDS})`,
    },
  } as const;
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('outbox')
      .select(['withdrawnAt', 'startAt'])
      .where('id', '=', entry.id)
      .forUpdate()
      .executeTakeFirst();
    if (row?.withdrawnAt && !evenIfWithdrawn) return 'withdrawn';
    if (row?.startAt && row.startAt.getTime() !== entry.startAt?.getTime() && kind === 'started')
      return { movedTo: row.startAt };
    const recorded = await trx
      .updateTable('outbox')
      .set(change[kind])
      .where('id', '=', entry.id)
      .where('dispatchedAt', 'is', null)
      .where('droppedAt', 'is', null)
      // One that waits at a limit meanwhile leaves it only with its turn.
      .$if(kind === 'waits', (query) => query.where('isHeld', '=', false))
      .$if(ifAtLimit, (query) => query.where('isHeld', '=', true).where('limitKey', 'is not', null))
      .returning(['mergeId', 'expiresAt'])
      .executeTakeFirst();
    if (!recorded) return 'recorded';
    if (kind === 'exists') {
      const { mergeId, expiresAt } = recorded;
      if (mergeId !== null) await reviveReplaced(trx, { jobId: entry.jobId, mergeId, expiresAt });
      await wakeAwaiting(trx, [entry.jobId]);
    }
    if (kind === 'waits') {
      await trx
        .updateTable('outbox as later')
        .set({ ...dropped(), outcome: 'exists' })
        .where('id', '=', entry.id)
        .where('startAt', 'is', null)
        .where('settlesAt', 'is', null)
        .where('mergeId', 'is', null)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('outbox as earlier')
              .select('earlier.id')
              .where('earlier.jobId', '=', entry.jobId)
              .where('earlier.id', '<', entry.id)
              .where('earlier.runId', '=', runId)
              .where('earlier.startAt', 'is', null)
              .where('earlier.dispatchedAt', 'is', null)
              .where('earlier.droppedAt', 'is', null)
              .where('earlier.withdrawnAt', 'is', null)
              // One that expires before this one does not stand for it.
              .where(sql<boolean>`(earlier.expires_at IS NULL OR earlier.expires_at >= later.expires_at)`)
              .whereRef('earlier.input', '=', 'later.input'),
          ),
        )
        .execute();
      return 'recorded';
    }
    if (!entry.retry) return 'recorded';
    if (kind === 'exists') {
      await forgetRetry(trx, entry.jobId, entry.retry.runId);
    } else {
      await trx
        .updateTable('jobRetries')
        .set({ newRunId: runId })
        .where('jobId', '=', entry.jobId)
        .where('runId', '=', entry.retry.runId)
        .execute();
    }
    return 'recorded';
  });
}

/** Records that a withdrawn start was not made. */
export async function dropWithdrawn(db: Db, { id, jobId }: Pick<OutboxEntry, 'id' | 'jobId'>): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ ...dropped(), outcome: 'withdrawn', runId: null })
    .where('id', '=', id)
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .execute();
  await wakeAwaiting(db, [jobId]);
}
