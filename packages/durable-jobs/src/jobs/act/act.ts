import type { ActionRequest } from './job-actions.ts';
import type { ActDeps } from './act-deps.ts';
import { planCancellation, planTermination } from './end-job.ts';
import { planPause, planReschedule, planResumption } from './hold-job.ts';
import type { JobRun } from './job-run.ts';
import type { Plan } from './plan.ts';
import { planRetry } from './retry-job.ts';

/** The reason recorded if an operator gives none. */
export const NO_REASON = 'Requested by an operator.';

/**
 * Checks an action on a run, and returns how it is carried out. Changes to our rows are committed in separate transactions, and the engine is
 * called between them, never inside one. Repeats have no further effect, and complete what an earlier attempt began: the run's state, or its
 * row in `job_retries`, is the key, under the job's lock.
 * @throws {ActionRefusedError} if the run's state or its type's rules forbid it.
 */
export async function planOnRun(deps: ActDeps, run: JobRun, request: ActionRequest): Promise<Plan> {
  const { reason = NO_REASON } = request;
  switch (request.action) {
    case 'cancel':
      return planCancellation(deps, run);
    case 'terminate':
      return planTermination(deps, run, reason);
    case 'retry':
      return planRetry(deps, run, request.scope, reason);
    case 'pause':
      return planPause(deps, run, reason);
    case 'resume':
      return planResumption(deps, run);
    case 'reschedule':
      return planReschedule(deps, run, request.at);
  }
}
