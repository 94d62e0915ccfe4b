import type { Client } from '@temporalio/client';
import type { BatchAction } from './job-actions.ts';
import type { Db } from '../../database/connect.ts';
import { cancelRun, settleTerminated, terminateRun, type Done } from './end-job.ts';
import { pauseRun, resumeRun } from './hold-job.ts';
import type { JobRun } from './job-run.ts';
import { retryClosedRun, retryOpenRun } from './retry-job.ts';

/** Said where an operator gives no reason. */
export const NO_REASON = 'An operator asked for it.';

/**
 * Acts on a run. What it changes in our rows is committed in transactions of its own, and the engine is called between them
 * and never inside. Repeating it changes nothing more, and completes what an earlier attempt has begun: a run's state, or its
 * row in `job_retries`, is the key, under the job's lock.
 * @throws {ActionRefusedError} before it writes anything.
 */
export async function actOnRun(
  { db, client }: { db: Db; client: Client },
  run: JobRun,
  { action, reason = NO_REASON }: { action: BatchAction; reason?: string | undefined },
): Promise<Done> {
  switch (action) {
    case 'cancel':
      return cancelRun({ db, client }, run);
    case 'terminate': {
      const terminated = await terminateRun(client, run, reason);
      return db.transaction().execute((trx) => settleTerminated(trx, terminated));
    }
    case 'retry':
      return run.status === 'open' ? retryOpenRun(client, run) : retryClosedRun({ db, client }, run, reason);
    case 'pause':
      return pauseRun({ db, client }, run, reason);
    case 'resume':
      return resumeRun(client, run);
  }
}
