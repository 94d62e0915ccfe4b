import { log, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { isNotFound } from '../engine/not-found.ts';
import { isRunning } from '../jobs/run-state/pending-activity.ts';
import { errorMessage } from '../process/errors.ts';
import { processIdentity } from '../process/identity.ts';

/** Time limit of the question to the engine. */
const ASK_MS = 1_000;

/** For this long after the engine did not respond, it is not asked: it may be overloaded, and each question delays an attempt. */
const SILENCE_MS = 10_000;

/**
 * Does not begin an attempt that the engine has given up: that of a worker that was frozen or cut off when the attempt was sent to it.
 * Another attempt may have followed and the job gone on, so that what this one writes is outdated. The engine is asked only if a time limit
 * of the attempt would be over if it had begun when it was due. If the engine does not respond, the attempt begins: activities are idempotent.
 */
export function refuseLateAttempts(): (context: Context) => ActivityInterceptors {
  let silentUntil = 0;
  /** Whether the engine no longer runs the attempt. */
  const isOver = async (
    { client, info: { activityId, attempt } }: Context,
    execution: { workflowId: string; runId: string },
  ): Promise<boolean> => {
    if (Date.now() < silentUntil) return false;
    try {
      const { pendingActivities } = await client.withDeadline(Date.now() + ASK_MS, () =>
        client.workflowService.describeWorkflowExecution({
          namespace: client.options.namespace,
          execution,
        }),
      );
      const current = pendingActivities.find((activity) => activity.activityId === activityId);
      // The numbers of attempts begin again when an activity is reset.
      const isOwn = current?.attempt === attempt && current.lastWorkerIdentity === processIdentity;
      return !isOwn || !isRunning(current);
    } catch (error) {
      if (isNotFound(error)) return true;
      silentUntil = Date.now() + SILENCE_MS;
      log.warn('whether an attempt is late could not be read', { error: errorMessage(error) });
      return false;
    }
  };
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const { workflowExecution } = context.info;
        if (workflowExecution && mayBeLate(context.info) && (await isOver(context, workflowExecution))) {
          log.warn('an attempt that the engine has given up does not begin');
          // The engine ignores its outcome.
          throw ApplicationFailure.retryable('the attempt began after its time was up', 'LateAttempt');
        }
        return next(input);
      },
    },
  });
}

/** Whether the attempt would be over if it had begun when it was due. */
function mayBeLate(info: Context['info']): boolean {
  // An attempt of a local activity was not sent to this worker: it began here.
  if (info.isLocal) return false;
  const now = Date.now();
  const isOver = (since: number, limitMs = 0): boolean => limitMs > 0 && now - since >= limitMs;
  const { currentAttemptScheduledTimestampMs: dueAt } = info;
  return (
    isOver(dueAt, info.startToCloseTimeoutMs) ||
    isOver(dueAt, info.heartbeatTimeoutMs) ||
    isOver(info.scheduledTimestampMs, info.scheduleToCloseTimeoutMs)
  );
}
