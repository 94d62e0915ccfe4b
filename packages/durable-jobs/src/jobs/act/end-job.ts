import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Trx } from '../../database/connect.ts';
import { isNotFound } from '../../engine/not-found.ts';
import { wakeAwaiting } from '../flow/wake.ts';
import type { ActDeps } from './act-deps.ts';
import { rulesOf, type JobRulesByType } from './job-rules.ts';
import { carryOutPlan, type Done, type Plan } from './plan.ts';
import { findRun, type JobRun } from './job-run.ts';
import { lockJob } from '../lock-job.ts';
import { isRetried } from '../run-records/job-retries.ts';
import { ActionRefusedError } from './refusal.ts';

/**
 * Requests cancellation of a run, which ends after its workflow has cleaned up. Repeats have no effect.
 * @throws {ActionRefusedError} `jobClosed`, `jobNotCancellable` or `orderAlreadyPaid` if it cannot be cancelled.
 */
export async function cancelRun(deps: ActDeps, run: JobRun, reason?: string): Promise<Done> {
  return carryOutPlan(deps.db, planCancellation(deps, run, reason));
}

/** Checks whether a run can be cancelled, see {@link cancelRun}. */
export function planCancellation({ client, jobRules }: ActDeps, run: JobRun, reason?: string): Plan {
  if (run.status !== 'open') throw closed(run);
  return {
    async changeRows(db) {
      await rulesOf(jobRules, run.type).beforeCancelling?.(db, run.businessKey);
      return undefined;
    },
    async callEngine() {
      try {
        await requestCancellation(client, run, reason);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || isNotFound(error)) throw justClosed();
        throw error;
      }
      return { did: 'Cancellation was requested: the job ends after it has cleaned up.', starts: [] };
    },
  };
}

/** Requests a cancellation from the engine, with a reason if one is given: those of people are in the audit trail. */
async function requestCancellation(
  client: ActDeps['client'],
  { id: workflowId, runId }: JobRun,
  reason: string | undefined,
): Promise<void> {
  if (reason === undefined) {
    await client.workflow.getHandle(workflowId, runId).cancel();
    return;
  }
  const { namespace, identity } = client.options;
  await client.workflowService.requestCancelWorkflowExecution({
    namespace,
    identity,
    workflowExecution: { workflowId, runId },
    requestId: randomUUID(),
    reason,
  });
}

/**
 * Checks whether a run can be terminated immediately, without running its workflow's code. {@link settleTerminated} then does what the
 * workflow would have done at its end.
 * @throws {ActionRefusedError} `jobClosed` or `jobNotTerminable`.
 */
export function planTermination(deps: ActDeps, run: JobRun, reason: string): Plan {
  const { notTerminable } = rulesOf(deps.jobRules, run.type);
  if (notTerminable !== undefined) throw new ActionRefusedError('jobNotTerminable', notTerminable);
  if (run.status !== 'open' && run.status !== 'terminated') throw closed(run);
  return {
    async callEngine() {
      const terminated = await terminateRun(deps, run, reason);
      return deps.db.transaction().execute((trx) => settleTerminated(deps.jobRules, trx, terminated));
    },
  };
}

async function terminateRun(deps: ActDeps, run: JobRun, reason: string): Promise<JobRun> {
  if (run.status === 'open') {
    try {
      await deps.client.workflow.getHandle(run.id, run.runId).terminate(reason);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  const now = (await findRun(deps, run.id, run.runId)) ?? run;
  if (now.status !== 'terminated') throw closed(now);
  // No worker reports this end.
  await wakeAwaiting(deps.db, [run.id]);
  return now;
}

/**
 * Closes what a terminated run has left open in our rows, in the caller's transaction, however it was terminated. Repeats have no effect; a
 * run that was retried since is left to the retry.
 */
export async function settleTerminated(jobRules: JobRulesByType, trx: Trx, run: JobRun): Promise<Done> {
  const { settle } = rulesOf(jobRules, run.type);
  if (!settle) return { did: 'The job was terminated. It left nothing open.', starts: [] };
  await lockJob(trx, run.id);
  if (await isRetried(trx, run)) return { did: 'The job has been retried in the meantime.', starts: [] };
  const { did, starts } = await settle(trx, run);
  return { did: `The job was terminated. ${did}`, starts };
}

/** The refusal for a run that has ended. */
export function closed(run: JobRun): ActionRefusedError {
  return new ActionRefusedError('jobClosed', `The job is ${run.status}.`);
}

/** Like {@link closed}, for a run that ended during the action. */
export function justClosed(): ActionRefusedError {
  return new ActionRefusedError('jobClosed', 'The job has just ended.');
}
