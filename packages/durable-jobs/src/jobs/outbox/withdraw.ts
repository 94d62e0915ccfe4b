import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { forgetRetry } from '../act/job-retries.ts';
import { isStillToMake } from './still-to-make.ts';

/** For so long, and a little longer, a call that starts the job may be in progress: see the deadline in perform.ts. */
const UNDER_WAY_SECONDS = 15;

/**
 * Withdraws the starts of a job that are committed and not made, in the caller's transaction; false if there is none. Nobody begins to make
 * them after the commit. Where a call was in progress that makes one all the same, the process that made that call cancels the run, and the
 * relay does so a moment later for a process that died. A run whose retry is withdrawn can be retried again.
 * If `entries` are given, exactly these are withdrawn, including those that SQL has withdrawn before.
 */
export async function withdrawStarts(trx: Trx, jobId: string, entries?: readonly number[]): Promise<boolean> {
  const withdrawn = await trx
    .updateTable('outbox')
    .set({
      withdrawnAt: sql<Date>`coalesce(withdrawn_at, now())`,
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${UNDER_WAY_SECONDS})`,
    })
    .where('jobId', '=', jobId)
    .where(
      entries === undefined
        ? isStillToMake
        : sql<boolean>`id = ANY(${entries}) AND dispatched_at IS NULL AND dropped_at IS NULL`,
    )
    .returning('retry')
    .execute();
  for (const { retry } of withdrawn) {
    if (retry) await forgetRetry(trx, jobId, retry.runId);
  }
  return withdrawn.length > 0;
}

/** Whether a start was withdrawn since it was read. */
export async function isWithdrawn(db: Db, entryId: number): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('withdrawnAt')
    .where('id', '=', entryId)
    .executeTakeFirst();
  return row?.withdrawnAt != null;
}
