import proto from '@temporalio/proto';
import type { JobSources } from '../job-view.ts';
import { toDate, toError } from '../run-state/history.ts';
import { isRetrying, isRunning, type PendingActivity } from '../run-state/pending-activity.ts';
import { attemptOf, factsOf, isDue, trackOf, wordsOf } from './activity-facts.ts';
import { inShort, post, retry, sentenceCase } from './sentences.ts';
import { lacksWorker, noWorker, pinnedVersionOf, type PollersOf } from './unclaimed-lanes.ts';
import type { Why } from './why.ts';

const { TimeoutType } = proto.temporal.api.enums.v1;

/** Explains the worst state among a job's activities: not taken by any worker, failed, or running. */
export function explainActivity({ description, summary }: JobSources, pollersOf: PollersOf): Why | undefined {
  const pending = description.raw.pendingActivities ?? [];
  const queueOf = (activity: PendingActivity): string =>
    trackOf(activity, summary.activities)?.taskQueue ?? description.taskQueue;

  for (const activity of pending) {
    const queue = queueOf(activity);
    const pollers = pollersOf({ queue, kind: 'activity' });
    if (!isDue(activity) || !lacksWorker(pollers)) continue;
    const since = toDate(activity.scheduledTime)?.toISOString();
    return {
      ...noWorker(queue, pollers, pinnedVersionOf(description)),
      ...factsOf(activity),
      ...(since === undefined ? {} : { since }),
    };
  }
  const failed = pending.find(isRetrying);
  if (failed) return explainRetry(description.workflowId, failed, queueOf(failed));
  const running = pending.find(isRunning);
  if (running) {
    const others = pending.length - 1;
    const since = toDate(running.lastStartedTime)?.toISOString();
    const error = toError(running.lastFailure);
    return {
      code: 'running',
      sentence: `It has been running ${wordsOf(running)}, attempt ${attemptOf(running)}, on the worker ${running.lastWorkerIdentity ?? ''}${since === undefined ? '' : ` since ${since}`}${others > 0 ? `, and ${others} more` : ''}${error ? `; the attempt before failed with ${inShort(error)}` : ''}.`,
      ...factsOf(running),
      queue: queueOf(running),
      ...(since === undefined ? {} : { since }),
      ...(error ? { error } : {}),
      actions: [],
    };
  }
  const [waiting] = pending;
  if (!waiting) return undefined;
  const queue = queueOf(waiting);
  const since = toDate(waiting.scheduledTime)?.toISOString();
  return {
    code: 'queued',
    sentence: `${sentenceCase(wordsOf(waiting))} waits in the queue ${queue} for a free worker.`,
    ...factsOf(waiting),
    queue,
    ...(since === undefined ? {} : { since }),
    actions: [],
  };
}

/** Explains an activity between two attempts. */
function explainRetry(id: string, activity: PendingActivity, queue: string): Why {
  const error = toError(activity.lastFailure);
  const next = toDate(activity.nextAttemptScheduleTime);
  const failed = (activity.attempt ?? 2) - 1;
  const facts = {
    ...factsOf(activity),
    attempt: failed,
    queue,
    ...(error ? { error } : {}),
    ...(next ? { nextAt: next.toISOString() } : {}),
  };
  const then = next ? `the next one begins at ${next.toISOString()}` : 'the next one is due now';
  const attempt = `Attempt ${attemptOf(activity, failed)} of ${wordsOf(activity)}`;
  const actions = [
    retry(id, 'attempt', 'Starts the next attempt now.'),
    post(id, 'pause', 'Pauses the job before the next attempt.'),
  ];
  const timeout = activity.lastFailure?.timeoutFailureInfo;
  if (timeout?.timeoutType === TimeoutType.TIMEOUT_TYPE_HEARTBEAT) {
    const worker = activity.lastWorkerIdentity ?? '';
    return {
      code: 'worker_lost',
      sentence: `${attempt} was lost: the worker ${worker} stopped sending heartbeats; ${then}.`,
      ...facts,
      actions,
    };
  }
  if (timeout?.timeoutType === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE) {
    return {
      code: 'attempt_timed_out',
      sentence: `${attempt} exceeded its time limit, or its worker died; ${then}.`,
      ...facts,
      actions,
    };
  }
  return {
    code: 'retrying',
    sentence: `${attempt} failed with ${inShort(error)}; ${then}.`,
    ...facts,
    actions,
  };
}
