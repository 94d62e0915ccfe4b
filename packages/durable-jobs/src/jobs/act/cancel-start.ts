import type { ActDeps } from './act-deps.ts';
import { carryOutPlan, type Done } from './plan.ts';
import { planEndOfStart } from './plan-on-start.ts';

/**
 * Cancels a job whose start is committed and not made yet, see {@link planEndOfStart}.
 * @throws {ActionRefusedError} if the job's rules forbid it, or its start was just made or withdrawn.
 */
export async function cancelStart(
  deps: Pick<ActDeps, 'db' | 'jobs' | 'jobRules'>,
  job: { id: string; type: string },
): Promise<Done> {
  return carryOutPlan(deps.db, planEndOfStart(deps, job, 'cancel'));
}
