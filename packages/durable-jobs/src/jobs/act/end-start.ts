import { kebabCase } from '../job-definition.ts';
import { withdrawStarts } from '../outbox/withdraw.ts';
import type { ActDeps } from './act-deps.ts';
import type { Done } from './end-job.ts';
import { rulesOf } from './job-rules.ts';
import { ActionRefusedError } from './refusal.ts';

/**
 * Cancels or terminates a job whose start is committed and not made yet, without the engine: its start is withdrawn, or its rows
 * are closed so that it has nothing to do when it starts. Nothing runs that could have a say, so both do the same.
 * @throws {ActionRefusedError} where the job's rules forbid it, or its start was just made or withdrawn.
 */
export async function endStart(
  { db, jobs, jobRules }: Pick<ActDeps, 'db' | 'jobs' | 'jobRules'>,
  { id, type }: { id: string; type: string },
  action: 'cancel' | 'terminate',
): Promise<Done> {
  if (!jobs.has(type)) throw new ActionRefusedError('jobNotCancellable', `There is no job type ${type}.`);
  const rules = rulesOf(jobRules, type);
  if (action === 'terminate' && rules.notTerminable !== undefined)
    throw new ActionRefusedError('jobNotTerminable', rules.notTerminable);
  const businessKey = id.slice(kebabCase(type).length + 1);
  await rules.beforeCancelling?.(db, businessKey);
  return db.transaction().execute(async (trx) => {
    const closed = await rules.withdraw?.(trx, businessKey);
    if (!closed?.keepsStart && !(await withdrawStarts(trx, id))) {
      throw new ActionRefusedError('jobClosed', 'Its start was made, or withdrawn, just now.');
    }
    return { did: closed?.did ?? 'Its start was withdrawn: it never runs.', starts: [] };
  });
}
