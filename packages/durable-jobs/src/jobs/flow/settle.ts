import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { isRetried } from '../run-records/job-retries.ts';
import { lockJob } from '../lock-job.ts';
import { endInWords, isAwaited, type JobEnd } from './ends.ts';
import { releaseStart, skipStart } from './release.ts';
import { wakeAwaiting } from './wake.ts';

/** How an awaited job ended: with a run, or with a start that was not made. */
export type Ending =
  { end: Exclude<JobEnd, 'not_started'>; jobId: string; runId: string } | { unmadeEntryId: number };

/**
 * Records how an awaited job ended, and in the same transaction releases or drops the start that waited for it. An earlier record is kept,
 * and so is a wait whose job an operator has retried since: this shows in a row in `job_retries`, or in a start that is no longer dropped.
 */
export async function settle(db: Db, id: number, ending: Ending): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    // In the same lock order as a retry of the job.
    if ('unmadeEntryId' in ending) {
      const start = await trx
        .selectFrom('outbox')
        .select('droppedAt')
        .where('id', '=', ending.unmadeEntryId)
        .forUpdate()
        .executeTakeFirst();
      if (start?.droppedAt === null) return false;
    } else {
      await lockJob(trx, ending.jobId);
      if (await isRetried(trx, { id: ending.jobId, runId: ending.runId })) {
        // The next check follows the retry from the run that was retried.
        await trx
          .updateTable('awaitedJobs')
          .set({ runId: ending.runId })
          .where('id', '=', id)
          .where('endedAt', 'is', null)
          .execute();
        return false;
      }
    }
    const end = 'unmadeEntryId' in ending ? 'not_started' : ending.end;
    const awaited = await trx
      .updateTable('awaitedJobs')
      .set({
        endedAt: sql<Date>`now()`,
        endedAs: end,
        ...('unmadeEntryId' in ending ? { unmadeEntryId: ending.unmadeEntryId } : { runId: ending.runId }),
      })
      .where('id', '=', id)
      .where('endedAt', 'is', null)
      .returning(['jobId', 'heldEntryId', 'awaitedEnd'])
      .executeTakeFirst();
    if (!awaited) return false;
    const { heldEntryId, awaitedEnd, jobId } = awaited;
    if (heldEntryId === null || awaitedEnd === null) return true;
    if (isAwaited(awaitedEnd, end)) {
      await releaseStart(trx, heldEntryId);
      return true;
    }
    const reason = `The job was to start when ${jobId ?? 'another job'} ${awaitedEnd}, but that job ${endInWords[end]}.`;
    const skipped = await skipStart(trx, heldEntryId, reason);
    if (skipped !== null) await wakeAwaiting(trx, [skipped]);
    return true;
  });
}
