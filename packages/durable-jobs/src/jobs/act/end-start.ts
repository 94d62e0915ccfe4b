import { kebabCase } from '../kebab-case.ts';
import { withdrawStarts } from '../outbox/withdraw.ts';
import type { ActDeps } from './act-deps.ts';
import type { Done } from './end-job.ts';
import { rulesOf } from './job-rules.ts';
import { ActionRefusedError } from './refusal.ts';

/**
 * Cancels or terminates a job whose start is committed and not made yet, without the engine: its start is withdrawn, or its rows are closed
 * so that it has nothing to do when it starts. Nothing is running, so both actions do the same.
 * @throws {ActionRefusedError} if the job's rules forbid it, or its start was just made or withdrawn.
 */
export async function endStart(
  { db, jobs, jobRules }: Pick<ActDeps, 'db' | 'jobs' | 'jobRules'>,
  { id, type }: { id: string; type: string },
  action: 'cancel' | 'terminate',
): Promise<Done> {
  if (!jobs.has(type))
    throw new ActionRefusedError('jobNotCancellable', `The job type ${type} does not exist.`);
  const rules = rulesOf(jobRules, type);
  if (action === 'terminate' && rules.notTerminable !== undefined)
    throw new ActionRefusedError('jobNotTerminable', rules.notTerminable);
  const businessKey = id.slice(kebabCase(type).length + 1);
  await rules.beforeCancelling?.(db, businessKey);
  return db.transaction().execute(async (trx) => {
    const closed = await rules.withdraw?.(trx, businessKey);
    if (!closed?.keepsStart && !(await withdrawStarts(trx, id))) {
      throw new ActionRefusedError('jobClosed', 'The job has just started, or its start was withdrawn.');
    }
    return { did: closed?.did ?? 'The start was withdrawn: the job never runs.', starts: [] };
  });
}
