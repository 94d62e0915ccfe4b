import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { forgetRetry } from '../run-records/job-retries.ts';
import { NEVER } from './never.ts';
import { areUnmade } from './still-to-make.ts';

/** For so long, and a little longer, a call that starts the job may be in progress: see the time limits of the dispatcher and the relay. */
const UNDER_WAY_SECONDS = 15;

/**
 * Withdraws the starts of a job that are committed and not made, in the caller's transaction; false if there is none. Nobody begins to make
 * them after the commit. Where a call was in progress that makes one all the same, the process that made that call cancels the run, and the
 * relay does so a moment later for a process that died. A run whose retry is withdrawn can be retried again.
 * If `entries` are given, only these are withdrawn; `evenIfWithdrawn` includes those that SQL has withdrawn before.
 */
export async function withdrawStarts(
  trx: Trx,
  jobId: string,
  {
    entries,
    evenIfWithdrawn = false,
  }: { entries?: readonly number[] | undefined; evenIfWithdrawn?: boolean } = {},
): Promise<boolean> {
  const withdrawn = await trx
    .with(
      (cte) => cte('withdrawn').materialized(),
      (qb) =>
        qb
          .selectFrom('outbox')
          .select('id')
          .where('jobId', '=', jobId)
          .$if(entries !== undefined, (query) => query.where(sql<boolean>`id = ANY(${entries})`))
          .where(evenIfWithdrawn ? sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL` : areUnmade)
          // All who lock several starts of a job do so in this order.
          .orderBy('id')
          .forUpdate(),
    )
    .updateTable('outbox')
    .set({
      withdrawnAt: sql<Date>`coalesce(withdrawn_at, now())`,
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${UNDER_WAY_SECONDS})`,
    })
    .where('id', 'in', (eb) => eb.selectFrom('withdrawn').select('id'))
    .returning('retry')
    .execute();
  for (const { retry } of withdrawn) {
    if (retry) await forgetRetry(trx, jobId, retry.runId);
  }
  return withdrawn.length > 0;
}

/**
 * Returns whether a start was withdrawn since it was read. `undecided`: SQL requested its cancellation, and whether the rules of its job
 * agree is decided before it is dropped or made.
 */
export async function withdrawalOf(db: Db, entryId: number): Promise<'none' | 'withdrawn' | 'undecided'> {
  const row = await db
    .selectFrom('outbox')
    .select(['withdrawnAt', 'nextAttemptAt', 'droppedAt'])
    .where('id', '=', entryId)
    .executeTakeFirst();
  if (!row?.withdrawnAt) return 'none';
  return row.nextAttemptAt >= NEVER && row.droppedAt === null ? 'undecided' : 'withdrawn';
}

/**
 * Takes back the withdrawal of a start that was made while SQL requested its cancellation, so that it can be recorded; false if the
 * withdrawal is decided.
 */
export async function keepUndecided(db: Db, entryId: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ withdrawnAt: null, nextAttemptAt: sql<Date>`now()` })
    .where('id', '=', entryId)
    .where('withdrawnAt', 'is not', null)
    .where('nextAttemptAt', '>=', NEVER)
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
