import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Db } from '../platform/database/connect.ts';
import { errorMessage } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { isPostponed, restorePolicy } from '../platform/jobs/attempts.ts';
import { insertFailedAttempt } from '../platform/repositories/failed-attempts.ts';

/**
 * Keeps each failed attempt of an activity, because a history keeps the last failure alone and people ask about all of
 * them. An attempt that succeeds costs nothing here.
 */
export class RecordFailedAttempts implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #db: Db;
  readonly #logger: Logger;

  constructor(context: Context, deps: { db: Db; logger: Logger }) {
    this.#context = context;
    this.#db = deps.db;
    this.#logger = deps.logger;
  }

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const startedAt = new Date();
    await this.#endPostponement();
    try {
      return await next(input);
    } catch (error) {
      if (!(error instanceof CompleteAsyncError) && !(error instanceof CancelledFailure)) {
        await this.#record(startedAt, error);
      }
      throw error;
    }
  }

  /** Gives an activity its own policy back, whose attempt an operator had put off until now. */
  async #endPostponement(): Promise<void> {
    const { workflowExecution, activityId, retryPolicy } = this.#context.info;
    if (!workflowExecution || !isPostponed(retryPolicy)) return;
    const { workflowId: id, runId } = workflowExecution;
    try {
      await restorePolicy(this.#context.client, { id, runId }, activityId);
    } catch (error) {
      // The next attempt tries it again.
      this.#logger.warn(
        { err: error, jobId: id },
        'the retry policy of a postponed attempt was not restored',
      );
    }
  }

  async #record(startedAt: Date, error: unknown): Promise<void> {
    const { workflowExecution, activityId, activityType, attempt } = this.#context.info;
    if (!workflowExecution) return;
    try {
      await insertFailedAttempt(this.#db, {
        job_id: workflowExecution.workflowId,
        run_id: workflowExecution.runId,
        activity_id: activityId,
        activity_type: activityType,
        attempt,
        started_at: startedAt,
        ended_at: new Date(),
        error_code: error instanceof ApplicationFailure ? (error.type ?? 'Error') : 'Error',
        error_message: errorMessage(error),
      });
    } catch (cause) {
      // The attempt's own error matters more; often it is the same one.
      this.#logger.warn(
        { err: cause, jobId: workflowExecution.workflowId },
        'a failed attempt was not recorded',
      );
    }
  }
}
