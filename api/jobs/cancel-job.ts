import { WorkflowNotFoundError } from '@temporalio/client';
import { catalogue, isJobType } from '../../contracts/catalogue.ts';
import { jobId } from '../../contracts/define-job.ts';
import type { JobType } from '../../contracts/signatures.ts';
import { findOrder } from '../../platform/repositories/orders.ts';
import { hasOpenResetRequest, withdrawResetRequests } from '../../platform/repositories/password-resets.ts';
import type { AppDeps } from '../deps.ts';
import { Problem } from '../problem.ts';
import type { JobView } from './job-view.ts';

/**
 * What a type does before a cancellation is sent: it refuses where the job would pay it no heed, or voids in our rows
 * what must not happen any more.
 */
const beforeCancelling: Partial<Record<JobType, (deps: AppDeps, businessKey: string) => Promise<void>>> = {
  sendPasswordReset: (deps, accountKey) => withdrawResetRequests(deps.db, accountKey),
  processOrder: async (deps, orderId) => {
    const order = await findOrder(deps.db, orderId);
    if (order?.status !== 'paid' && order?.status !== 'refunding') return;
    throw new Problem('orderAlreadyPaid', 'The order is paid: its job goes on to its end.');
  },
  returnPayment: () => {
    throw new Problem('jobNotCancellable', 'It sees to it that no money is kept which is not ours.');
  },
};

/**
 * Asks the run that a view shows to stop. It ends when its workflow has cleaned up.
 * @throws {Problem} `jobClosed`, `jobNotCancellable` or `orderAlreadyPaid` where it can not be cancelled.
 */
export async function cancelJob(deps: AppDeps, job: JobView): Promise<void> {
  if (isJobType(job.type)) await beforeCancelling[job.type]?.(deps, job.businessKey ?? '');
  try {
    await deps.temporal.workflow.getHandle(job.id, job.runId ?? undefined).cancel();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new Problem('jobClosed', 'The job has just ended.');
    throw error;
  }
}

/**
 * Ends an account's reset job where its requests are void, so that nobody sees it wait for what will not be sent. What
 * is void is not sent in any case: a failure changes nothing and is logged.
 */
export async function endVoidReset(deps: AppDeps, accountKey: string): Promise<void> {
  const id = passwordResetJobId(accountKey);
  try {
    await deps.temporal.withDeadline(Date.now() + deps.config.ENGINE_TIMEOUT, async () => {
      // The run first, then the rows: a run that is begun after this look is not cancelled, and a request that reaches
      // this run later is told apart by the workflow.
      const { runId } = await deps.temporal.workflow.getHandle(id).describe();
      if (await hasOpenResetRequest(deps.db, accountKey)) return;
      await deps.temporal.workflow.getHandle(id, runId).cancel();
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    deps.logger.warn({ err: error, jobId: id }, 'the job of a void password reset was not cancelled');
  }
}

/** Id of the job that sends an account's reset emails. */
export function passwordResetJobId(accountKey: string): string {
  return jobId(catalogue.sendPasswordReset, { accountKey, requestId: '', requestedAt: '', delayMs: 0 });
}
