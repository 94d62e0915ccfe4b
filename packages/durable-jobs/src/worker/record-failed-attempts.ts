import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { isPostponed, restorePolicy } from '../jobs/act/attempts.ts';
import { insertFailedAttempt } from '../jobs/failed-attempts.ts';
import { noteFailingActivity, removeFailingActivity } from '../jobs/run-records/failing-activities.ts';
import type { AttemptNotes } from './attempt-notes.ts';

/**
 * Records each failed attempt of an activity, because a history only keeps the last failure and people want to see all of them. Also
 * maintains the list of activities that will be retried, which the engine cannot search for. A first attempt that succeeds costs nothing
 * here.
 */
export class RecordFailedAttempts implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #db: Db;
  readonly #logger: Logger;
  readonly #notes: AttemptNotes;

  constructor(context: Context, deps: { db: Db; logger: Logger; notes: AttemptNotes }) {
    this.#context = context;
    this.#db = deps.db;
    this.#logger = deps.logger;
    this.#notes = deps.notes;
  }

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const startedAt = new Date();
    await this.#endPostponement();
    try {
      const result = await next(input);
      this.#noteRecovery();
      return result;
    } catch (error) {
      const isCancelled = error instanceof CancelledFailure;
      if (isCancelled && this.#isCutShort()) await this.#noteFailure(startedAt, cutShort());
      else if (isCancelled || error instanceof CompleteAsyncError) this.#noteRecovery();
      else await this.#noteFailure(startedAt, error);
      throw error;
    }
  }

  /** Whether the attempt was cancelled only because its worker stops. The engine starts another one. */
  #isCutShort(): boolean {
    const { workerShutdown, cancelRequested } = this.#context.cancellationDetails ?? {};
    return workerShutdown === true && cancelRequested !== true;
  }

  /** Restores the policy of an activity whose attempt an operator had delayed until now. */
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
        'the retry policy of a postponed attempt could not be restored',
      );
    }
  }

  /** The attempt does not wait for it: lists are checked against the engine. */
  #noteRecovery(): void {
    const { workflowExecution, activityId, attempt } = this.#context.info;
    if (!workflowExecution || attempt === 1) return;
    const activity = { runId: workflowExecution.runId, activityId };
    void this.#notes.add(() => removeFailingActivity(this.#db, activity));
  }

  async #noteFailure(startedAt: Date, error: unknown): Promise<void> {
    const { workflowExecution, workflowType, activityId, activityType, attempt, isLocal } =
      this.#context.info;
    if (!workflowExecution) return;
    const failure = {
      jobId: workflowExecution.workflowId,
      runId: workflowExecution.runId,
      activityId,
      activityType,
      attempt,
      errorCode: error instanceof ApplicationFailure ? (error.type ?? 'Error') : 'Error',
      errorMessage: errorMessage(error),
    };
    const endedAt = new Date();
    const willBeRetried = this.#willBeRetried(error) && !isLocal;
    await this.#notes.add(async () => {
      await insertFailedAttempt(this.#db, { ...failure, startedAt, endedAt });
      if (willBeRetried) {
        await noteFailingActivity(this.#db, { ...failure, jobType: workflowType ?? '', failedAt: endedAt });
      } else if (attempt > 1) {
        await removeFailingActivity(this.#db, failure);
      }
    });
  }

  /**
   * Whether the engine will start another attempt, as far as this attempt can know: the activity may be cancelled, or its time may be over.
   */
  #willBeRetried(error: unknown): boolean {
    const { retryPolicy, attempt } = this.#context.info;
    if (error instanceof ApplicationFailure) {
      if (error.nonRetryable === true) return false;
      if (retryPolicy?.nonRetryableErrorTypes?.includes(error.type ?? '') === true) return false;
    }
    const { maximumAttempts } = retryPolicy ?? {};
    return maximumAttempts === undefined || maximumAttempts === 0 || attempt < maximumAttempts;
  }
}

/** The failure of an attempt that a stopping worker cancels, with the type that the SDK reports to the engine. */
function cutShort(): ApplicationFailure {
  return ApplicationFailure.retryable('the worker stopped before the attempt ended', 'WorkerShutdown');
}
