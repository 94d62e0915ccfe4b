import { log, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { isNotFound } from '../engine/not-found.ts';
import { isRunning } from '../jobs/run-state/pending-activity.ts';
import { errorMessage } from '../process/errors.ts';

/** Time limit of the question to the engine. */
const ASK_MS = 5_000;

/**
 * Does not begin an attempt that the engine has given up: that of a worker which was frozen, or whose network was, when it got the attempt.
 * Another attempt may have followed and the job gone on, so that what this one writes is outdated. The engine is asked only if the attempt was
 * due longer ago than its time limit. If the engine does not respond, the attempt begins: activities are idempotent.
 */
export function refuseLateAttempts(context: Context): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        const { workflowExecution } = context.info;
        if (workflowExecution && mayBeLate(context.info) && (await isOver(context, workflowExecution))) {
          log.warn('an attempt that the engine has given up is not begun');
          // The engine takes no response to it.
          throw ApplicationFailure.retryable('the attempt began after its time was up', 'LateAttempt');
        }
        return next(input);
      },
    },
  };
}

/** Whether the attempt would be over if it had begun when it was due. */
function mayBeLate(info: Context['info']): boolean {
  // One of a local activity was not sent to this worker: it began here.
  if (info.isLocal) return false;
  const limits = [info.startToCloseTimeoutMs, info.heartbeatTimeoutMs ?? 0].filter((ms) => ms > 0);
  return Date.now() - info.currentAttemptScheduledTimestampMs >= Math.min(...limits);
}

/** Whether the engine no longer runs the attempt. */
async function isOver(
  { client, info: { activityId, attempt } }: Context,
  execution: { workflowId: string; runId: string },
): Promise<boolean> {
  try {
    const { pendingActivities } = await client.withDeadline(Date.now() + ASK_MS, () =>
      client.workflowService.describeWorkflowExecution({ namespace: client.options.namespace, execution }),
    );
    const current = pendingActivities.find((activity) => activity.activityId === activityId);
    return current?.attempt !== attempt || !isRunning(current);
  } catch (error) {
    if (isNotFound(error)) return true;
    log.warn('whether an attempt is late could not be read', { error: errorMessage(error) });
    return false;
  }
}
