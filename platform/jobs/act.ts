import type { Client } from '@temporalio/client';
import type { BatchAction } from '../../contracts/job-actions.ts';
import type { Db, Trx } from '../database/connect.ts';
import { cancelRun, settleTerminated, terminateRun, type Done } from './end-job.ts';
import { pauseRun, resumeRun } from './hold-job.ts';
import type { JobRun } from './job-run.ts';
import { retryClosedRun, retryOpenRun } from './retry-job.ts';

/** Said where an operator gives no reason. */
export const NO_REASON = 'An operator asked for it.';

/**
 * Acts on a run; what that changes in our rows is part of the caller's transaction, but for what a cancellation voids: that has
 * to be committed before the workflow hears of it, and is harmless by itself. Repeating it changes nothing more: a
 * run's state, or its row in `job_retries`, is the key.
 * @throws {ActionRefusedError} before it writes anything.
 */
export async function actOnRun(
  { db, trx, client }: { db: Db; trx: Trx; client: Client },
  run: JobRun,
  { action, reason = NO_REASON }: { action: BatchAction; reason?: string | undefined },
): Promise<Done> {
  switch (action) {
    case 'cancel':
      return cancelRun({ db, client }, run);
    case 'terminate':
      return settleTerminated(trx, await terminateRun(client, run, reason));
    case 'retry':
      return run.status === 'open' ? retryOpenRun(client, run) : retryClosedRun(trx, client, run, reason);
    case 'pause':
      return pauseRun({ db: trx, client }, run, reason);
    case 'resume':
      return resumeRun(client, run);
  }
}
