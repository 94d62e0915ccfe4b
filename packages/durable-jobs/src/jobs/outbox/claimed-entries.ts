import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { errorMessage } from '../../process/errors.ts';
import { canWait, type StoredEntry } from './enqueue.ts';
import { isExpired } from './expiry.ts';
import { recordOutcome } from './record-outcome.ts';
import { refusalOf } from './refused-start.ts';
import { isStillToMake, isToSettle } from './still-to-make.ts';

const MAX_BACK_OFF_SECONDS = 300;

/**
 * Whether an entry is still under a lease, or due before its end: its time is later once another pass has claimed it, because this process was
 * frozen for longer than the lease.
 */
export function isUnderLease(lease: string | undefined): RawBuilder<boolean> {
  return sql<boolean>`next_attempt_at <= ${lease ?? null}::timestamptz`;
}

/**
 * Keeps a start behind an earlier one of its job that was not made in the same pass, which was called after both were committed. Returns
 * false if it does not have to wait.
 */
export async function keepBehind(
  db: Db,
  entry: StoredEntry,
  earlier: { seconds: number } | { runId: string },
  isOurs: RawBuilder<boolean>,
): Promise<boolean> {
  if (entry.withdrawnAt || isExpired(entry)) return false;
  if ('runId' in earlier) {
    if (!canWait(entry)) return false;
    await recordOutcome(db, entry, { kind: 'waits', runId: earlier.runId });
    return true;
  }
  await db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${earlier.seconds})` })
    .where('id', '=', entry.id)
    .where(sql<boolean>`${isStillToMake} AND NOT is_held`)
    .where(isOurs)
    .execute();
  return true;
}

/** Returns the time until the next attempt at an entry that could not be made. */
export function backOffSeconds({ attempts }: StoredEntry): number {
  return Math.min(2 ** attempts, MAX_BACK_OFF_SECONDS);
}

/** Tries an entry again after its back-off. */
export async function backOff(
  db: Db,
  entry: StoredEntry,
  error: unknown,
  isOurs: RawBuilder<boolean>,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      attempts: entry.attempts + 1,
      lastError: errorMessage(error),
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${backOffSeconds(entry)})`,
      refusedAt: refusalOf(error) ? sql<Date>`coalesce(refused_at, now())` : null,
    })
    .where('id', '=', entry.id)
    .where('withdrawnAt', entry.withdrawnAt ? 'is not' : 'is', null)
    // Another process may have found that it has to wait.
    .where(isToSettle)
    .where(isOurs)
    .execute();
}

/**
 * Returns claimed entries that were not made, so that they are due immediately. `away` is the one that met an unavailable engine. One whose
 * row is locked is left to the transaction that has locked it, or becomes due when its lease expires.
 */
export async function giveBack(
  db: Db,
  entries: readonly StoredEntry[],
  away: { entry: StoredEntry; error: unknown } | undefined,
  isOurs: RawBuilder<boolean>,
): Promise<void> {
  const ids = entries.map(({ id }) => id);
  const withdrawn = entries.filter(({ withdrawnAt }) => withdrawnAt !== null).map(({ id }) => id);
  await db
    .with(
      (cte) => cte('unlocked').materialized(),
      (qb) =>
        qb
          .selectFrom('outbox')
          .select('id')
          .where('id', 'in', ids)
          .where(isToSettle)
          .where(isOurs)
          // A start that was withdrawn since it was claimed is due when its withdrawal says.
          .where(sql<boolean>`(withdrawn_at IS NULL OR id = ANY(${withdrawn}))`)
          .orderBy('id')
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('outbox')
    .set({
      nextAttemptAt: sql<Date>`now()`,
      ...(away && {
        lastError: sql<
          string | null
        >`CASE WHEN id = ${away.entry.id} THEN ${errorMessage(away.error)} ELSE last_error END`,
      }),
    })
    .where('id', '=', sql<number>`ANY(ARRAY(SELECT id FROM unlocked))`)
    .execute();
}
