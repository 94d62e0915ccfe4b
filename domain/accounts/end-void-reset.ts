import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { jobId } from 'durable-jobs/define';
import { hasOpenResetRequest } from './password-resets.ts';
import type { ApiConfig } from 'durable-jobs/config';
import type { Db } from '../database/schema.ts';
import type { Logger } from 'durable-jobs/telemetry';

/** Dependencies of ending a void reset. */
export interface EndVoidResetDeps {
  db: Db;
  temporal: Client;
  config: Pick<ApiConfig, 'ENGINE_TIMEOUT'>;
  logger: Logger;
}

/**
 * Ends an account's reset job if its requests are void, so that it is not shown as waiting. Void requests are not sent in any case, so a
 * failure changes nothing and is logged.
 */
export async function endVoidReset(deps: EndVoidResetDeps, accountKey: string): Promise<void> {
  const id = passwordResetJobId(accountKey);
  try {
    await deps.temporal.withDeadline(Date.now() + deps.config.ENGINE_TIMEOUT, async () => {
      // First the run, then the rows: a run that starts after this look is not cancelled, and the workflow recognizes a
      // request that reaches this run later.
      const { runId } = await deps.temporal.workflow.getHandle(id).describe();
      if (await hasOpenResetRequest(deps.db, accountKey)) return;
      await deps.temporal.workflow.getHandle(id, runId).cancel();
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    deps.logger.warn({ err: error, jobId: id }, 'the job of a void password reset could not be cancelled');
  }
}

/** Returns the id of the job that sends an account's reset emails. */
export function passwordResetJobId(accountKey: string): string {
  return jobId(sendPasswordReset, { accountKey, requestId: '', requestedAt: '', delayMs: 0 });
}
