import type { BatchAction } from './job-actions.ts';
import type { ActDeps } from './act-deps.ts';
import { cancelRun, settleTerminated, terminateRun, type Done } from './end-job.ts';
import { pauseRun, resumeRun } from './hold-job.ts';
import type { JobRun } from './job-run.ts';
import { retryClosedRun, retryOpenRun } from './retry-job.ts';

/** The reason recorded if an operator gives none. */
export const NO_REASON = 'Requested by an operator.';

/**
 * Acts on a run. Changes to our rows are committed in separate transactions, and the engine is called between them, never inside one.
 * Repeats have no further effect, and complete what an earlier attempt began: the run's state, or its row in `job_retries`, is the key,
 * under the job's lock.
 * @throws {ActionRefusedError} before it writes anything.
 */
export async function actOnRun(
  deps: ActDeps,
  run: JobRun,
  { action, reason = NO_REASON }: { action: BatchAction; reason?: string | undefined },
): Promise<Done> {
  switch (action) {
    case 'cancel':
      return cancelRun(deps, run);
    case 'terminate': {
      const terminated = await terminateRun(deps, run, reason);
      return deps.db.transaction().execute((trx) => settleTerminated(deps.jobRules, trx, terminated));
    }
    case 'retry':
      return run.status === 'open' ? retryOpenRun(deps, run) : retryClosedRun(deps, run, reason);
    case 'pause':
      return pauseRun(deps, run, reason);
    case 'resume':
      return resumeRun(deps, run);
  }
}
