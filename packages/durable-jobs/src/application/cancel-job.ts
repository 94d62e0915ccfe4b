import type { OpenClient } from '../api/open-client.ts';
import { cancelStart } from '../jobs/act/cancel-start.ts';
import { cancelRun } from '../jobs/act/end-job.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import { findRun } from '../jobs/act/job-run.ts';
import { isJustMade } from '../jobs/act/plan-on-start.ts';
import { findUndispatchedStart, newestRunOf } from '../jobs/outbox/find.ts';
import { endOfStart } from '../jobs/read-job.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { definitionOf } from '../jobs/registry.ts';
import { checkStartsOf } from '../jobs/outbox/unchecked-starts.ts';

/** Dependencies of cancelling jobs. */
type CancelDeps = Pick<OpenClient, 'db' | 'temporal'> & { jobs: JobRegistry; jobRules: JobRulesByType };

/** Deadline for all calls together. */
const DEADLINE_MS = 10_000;

/**
 * Cancels a job: requests cancellation of its open run, which ends after its workflow has cleaned up, or withdraws a start that has not
 * been made yet. Returns whether there was anything to cancel. Repeating the call has no effect.
 * @throws {ActionRefusedError} if the job's rules forbid it.
 */
export async function cancelJob(
  { db, temporal: client, jobs, jobRules }: CancelDeps,
  id: string,
): Promise<boolean> {
  const definition = definitionOf(jobs, id);
  if (!definition) return false;
  await checkStartsOf({ db, jobs }, definition, id);
  const acting = { db, client, jobs, jobRules };
  const start = await findUndispatchedStart(db, id);
  const isToMake = start !== undefined && endOfStart(start) === undefined;
  const isWithdrawn = isToMake && (await withdraw(acting, id, definition.type));
  // If the engine does not have the job, no call is needed: a process that is making the start right now cancels the run itself.
  if (isWithdrawn && (await newestRunOf(db, id)) === null) return true;
  return client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    const run = await findRun(acting, id);
    if (run?.status !== 'open') return isWithdrawn;
    await cancelRun(acting, run);
    return true;
  });
}

/** Withdraws a start. Returns false if it was made in the meantime. */
async function withdraw(deps: Parameters<typeof cancelStart>[0], id: string, type: string): Promise<boolean> {
  try {
    await cancelStart(deps, { id, type });
    return true;
  } catch (error) {
    if (isJustMade(error)) return false;
    throw error;
  }
}
