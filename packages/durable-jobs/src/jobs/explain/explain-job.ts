import proto from '@temporalio/proto';
import { inWords, kebabCase } from '../job-definition.ts';
import type { UndispatchedStart } from '../outbox/find.ts';
import type { Pollers, TaskKind } from '../../engine/task-queues.ts';
import { toDate, toError, type ActivityTrack, type AttemptError, type HistorySummary } from './history.ts';
import {
  activityStateOf,
  isPaused,
  isRetrying,
  isRunning,
  type PendingActivity,
} from '../act/pending-activity.ts';
import { endedStatusOf, isOpen, isTimedOut } from '../../engine/run-status.ts';
import { notBefore, startToCome, type JobSources } from '../job-view.ts';
import { isDelay, type WhyAction } from '../waits.ts';
import { linkTo } from '../../http/mount.ts';
import { linkToGroup } from '../flow/link-to-group.ts';
import { linkToJob } from '../link-to-job.ts';

/**
 * Why a job is in its state, in one word for programs. A released one is never renamed. The waits of an application's jobs have codes of
 * their own, see {@link ExplainedWait}.
 */
export const whyCodes = [
  'starting',
  'start_dead',
  'start_expired',
  'start_skipped',
  'waiting_for_job',
  'waiting_for_group',
  'engine_away',
  'scheduled',
  'running',
  'queued',
  'no_worker',
  'retrying',
  'worker_lost',
  'attempt_timed_out',
  'waiting_for_time',
  'waiting_for_child',
  'waiting_for_message',
  'paused',
  'cancelling',
  'cancelling_activity',
  'code_does_not_replay',
  'code_fails',
  'completed',
  'failed',
  'timed_out',
  'cancelled',
  'terminated',
] as const;

/** Why a job is in its state: a code for programs, a sentence for people, and the facts that both are made from. */
export interface Why {
  /** One of {@link whyCodes}, or the code of an {@link ExplainedWait}. */
  code: string;
  sentence: string;
  /** When this began. */
  since?: string | undefined;
  /** The activity concerned, its attempt, and the number of attempts; `of` is absent if it is unlimited. */
  activity?: string | undefined;
  attempt?: number | undefined;
  of?: number | undefined;
  error?: AttemptError | undefined;
  /** When it continues by itself. */
  nextAt?: string | undefined;
  /** Until when it waits. */
  until?: string | undefined;
  queue?: string | undefined;
  /** The worker that has it, or had it last. */
  worker?: string | undefined;
  /** Who did it, as an identity that the engine stores, and the reason. */
  by?: string | undefined;
  reason?: string | undefined;
  /** The job that it waits for. */
  child?: string | undefined;
  /** What the job last reported of its progress. */
  progress?: unknown;
  /** What the workflow returned as its `outcome`. */
  outcome?: string | undefined;
  actions: WhyAction[];
}

/** A kind of tasks of a queue. */
export interface Lane {
  queue: string;
  kind: TaskKind;
}

/** Returns the pollers of a lane. */
export type PollersOf = (lane: Lane) => Pollers | undefined;

const { WorkflowTaskFailedCause, TimeoutType, PendingWorkflowTaskState } = proto.temporal.api.enums.v1;

/** Returns the queues in which a run has tasks that no worker has taken; their pollers explain why. */
export function unclaimedLanes({ description, summary }: JobSources): Lane[] {
  if (!isOpen(description)) return [];
  const tracks = summary.activities;
  const lanes: Lane[] = (description.raw.pendingActivities ?? [])
    .filter((activity) => isDue(activity))
    .map((activity) => ({
      queue: trackOf(activity, tracks)?.taskQueue ?? description.taskQueue,
      kind: 'activity',
    }));
  const task = description.raw.pendingWorkflowTask;
  if (task?.state === PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED) {
    lanes.push({ queue: description.taskQueue, kind: 'workflow' });
  }
  return lanes;
}

/** Explains a job whose start is committed and not made. */
export function explainStart(start: UndispatchedStart, isEngineAway: boolean): Why {
  const { createdAt, startAt, expiresAt, hasExpired, nextAttemptAt, lastError, withdrawnAt, dead, entryId } =
    start;
  const since = createdAt.toISOString();
  if (withdrawnAt) {
    return {
      code: 'cancelled',
      sentence: `It was cancelled at ${withdrawnAt.toISOString()}, before the engine had started it.`,
      since: withdrawnAt.toISOString(),
      actions: [],
    };
  }
  if (start.skippedAt) {
    const at = start.skippedAt.toISOString();
    return {
      code: 'start_skipped',
      sentence: `It was not started: ${withoutStop(lastError ?? '')}.`,
      since: at,
      ...(lastError === null ? {} : { reason: lastError }),
      actions: [],
    };
  }
  if (expiresAt && (hasExpired || expiresAt.getTime() <= Date.now())) {
    const at = expiresAt.toISOString();
    return {
      code: 'start_expired',
      sentence: hasExpired
        ? `Its start expired at ${at}: it was not started.`
        : `Its start expired at ${at}. Whether it was started just before is being confirmed.`,
      since: at,
      actions: [],
    };
  }
  if (dead) {
    const { at, code } = dead;
    const path = linkTo(`/api/dead-starts/${entryId}`);
    return {
      code: 'start_dead',
      sentence: `It was accepted at ${since} and cannot be started: ${withoutStop(lastError ?? code)}. Its start has been dead since ${at.toISOString()}.`,
      since: at.toISOString(),
      error: { code, message: lastError ?? code },
      actions: [
        { does: 'Starts it after the cause is fixed.', method: 'POST', path: `${path}/requeue` },
        { does: 'Discards the start.', method: 'POST', path: `${path}/discard` },
      ],
    };
  }
  if (start.heldFor) {
    const until = expiresAt && { until: expiresAt.toISOString() };
    if ('groupId' in start.heldFor) {
      const { groupId } = start.heldFor;
      return {
        code: 'waiting_for_group',
        sentence: `It waits for the jobs of the group ${groupId} to end.`,
        since,
        actions: [{ does: `See GET ${linkToGroup(groupId)}.` }],
      };
    }
    const { jobId, when } = start.heldFor;
    return {
      code: 'waiting_for_job',
      sentence: `It waits for ${jobId === null ? 'a job' : `the job ${jobId}`} to ${when.slice(0, -1)}${until ? `, until ${until.until} at the latest` : ''}.`,
      since,
      ...until,
      ...(jobId === null ? {} : { child: jobId }),
      actions: jobId === null ? [] : [{ does: `See GET ${linkToJob(jobId, '/why')}.` }],
    };
  }
  if (startAt && startAt.getTime() > Date.now()) {
    const until = startAt.toISOString();
    return {
      code: 'scheduled',
      sentence: `It is scheduled for ${until}; the engine ${isEngineAway ? 'is unavailable, and receives the job when it is available again' : 'receives the job in a moment'}.`,
      since,
      until,
      actions: [],
    };
  }
  if (isEngineAway) {
    return {
      code: 'engine_away',
      sentence: `It was accepted at ${since} and has not started yet: the job engine cannot be reached. It starts automatically when the engine is available again.`,
      since,
      actions: [{ does: 'Restart the Temporal server; nothing has to be sent again.' }],
    };
  }
  const nextAt = notBefore(new Date(), nextAttemptAt).toISOString();
  return {
    code: 'starting',
    sentence: `It was accepted at ${since} and has not started yet${lastError === null ? '' : ` (the last attempt failed: ${withoutStop(lastError)})`}; the relay tries again ${nextAttemptAt.getTime() > Date.now() ? `at ${nextAt}` : 'in a moment'}.`,
    since,
    nextAt,
    ...(lastError === null ? {} : { error: { code: 'Error', message: lastError } }),
    actions:
      lastError === null
        ? []
        : [{ does: 'Look for the reason in the logs of the worker that runs the outbox relay.' }],
  };
}

/** Explains a run from the engine's data and the pollers. */
export function explainRun(sources: JobSources, pollersOf: PollersOf): Why {
  const { progress } = sources;
  return { ...explain(sources, pollersOf), ...(progress !== undefined && { progress }) };
}

function explain(sources: JobSources, pollersOf: PollersOf): Why {
  const { description, summary } = sources;
  const id = description.workflowId;
  if (!isOpen(description)) return explainEnd(sources);
  const start = startToCome(description, summary);
  if (start) {
    const until = start.toISOString();
    return {
      code: 'scheduled',
      sentence: `It is scheduled for ${until}.`,
      since: description.startTime.toISOString(),
      until,
      actions: [
        post(id, 'reschedule', 'Moves it to another time.'),
        { does: 'Cancels it.', method: 'DELETE', path: linkToJob(id) },
      ],
    };
  }
  return (
    explainPause(sources) ??
    explainCode(sources, pollersOf) ??
    explainCancellation(sources) ??
    explainCancelledActivity(sources) ??
    explainDeclaredWait(sources) ??
    explainActivity(sources, pollersOf) ??
    explainWait(sources)
  );
}

/** The server's own pause of an activity that waits for its next attempt. */
function explainPause({ description }: JobSources): Why | undefined {
  const paused = description.raw.pendingActivities?.find(isPaused);
  if (!paused) return undefined;
  const by = paused.pauseInfo?.manual?.identity ?? '';
  const reason = paused.pauseInfo?.manual?.reason ?? '';
  const since = toDate(paused.pauseInfo?.pauseTime)?.toISOString();
  const error = toError(paused.lastFailure);
  const name = sentenceCase(wordsOf(paused));
  return {
    code: 'paused',
    sentence: isRunning(paused)
      ? `${name} was paused${byWhom(by, reason)} during its attempt ${attemptOf(paused)}, which is still running; no other attempt begins until it is resumed.`
      : `${name} is paused before its attempt ${attemptOf(paused)}${byWhom(by, reason)}; it continues when it is resumed.`,
    ...(since === undefined ? {} : { since }),
    ...factsOf(paused),
    ...(error ? { error } : {}),
    ...who(by, reason),
    actions: [post(description.workflowId, 'resume', 'Resumes it.')],
  };
}

/** Explains a workflow whose own code is stuck: no worker runs it, it throws, or it does not replay. */
function explainCode({ description, summary }: JobSources, pollersOf: PollersOf): Why | undefined {
  const task = description.raw.pendingWorkflowTask;
  if (!task) return undefined;
  const queue = description.taskQueue;
  const since = toDate(task.originalScheduledTime)?.toISOString();
  const sinceFact = since === undefined ? {} : { since };
  const isUnclaimed = task.state === PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED;
  if (isUnclaimed && pollersOf({ queue, kind: 'workflow' })?.isPolled === false) {
    return { ...noWorker(queue, pollersOf({ queue, kind: 'workflow' })), ...sinceFact };
  }
  const { codeFailure } = summary;
  if (!codeFailure || (task.attempt ?? 1) < 2) return undefined;
  const facts = {
    ...sinceFact,
    queue,
    attempt: task.attempt ?? 1,
    ...(codeFailure.error ? { error: codeFailure.error } : {}),
  };
  const message = withoutStop(codeFailure.error?.message ?? 'no message');
  if (codeFailure.cause === 'timeout') {
    return {
      code: 'worker_lost',
      sentence: `The worker that received its last step did not respond; the step is retried (attempt ${facts.attempt}).`,
      ...facts,
      actions: [{ does: `Check whether the workers of ${queue} are running and not overloaded.` }],
    };
  }
  if (codeFailure.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR) {
    return {
      code: 'code_does_not_replay',
      sentence: `The worker's code is not compatible with the history of this job (${message}); the step is retried until compatible code is deployed.`,
      ...facts,
      actions: [
        {
          does: 'Deploy the code that the job started with, or code with the change behind patched(); nothing is lost.',
        },
        post(description.workflowId, 'terminate', 'Ends the job without a result.'),
      ],
    };
  }
  return {
    code: 'code_fails',
    sentence: `The workflow code fails (${message}); the step is retried until working code is deployed.`,
    ...facts,
    actions: [
      { does: 'Deploy working code; nothing is lost.' },
      post(description.workflowId, 'terminate', 'Ends the job without a result.'),
    ],
  };
}

function explainCancellation({ description, summary }: JobSources): Why | undefined {
  const { cancellation } = summary;
  const pending = description.raw.pendingActivities ?? [];
  if (!cancellation) return undefined;
  const [activity] = pending;
  return {
    code: 'cancelling',
    sentence: `Cancellation was requested at ${cancellation.at.toISOString()}${byWhom(cancellation.by, cancellation.reason)}; the job ends once ${activity ? wordsOf(activity) : 'its code'} has ended.`,
    since: cancellation.at.toISOString(),
    ...(activity ? factsOf(activity) : {}),
    ...who(cancellation.by, cancellation.reason),
    actions: [post(description.workflowId, 'terminate', 'Ends it immediately, without cleanup.')],
  };
}

/** Explains an activity that the workflow is cancelling, such as a call of a cancelled job. */
function explainCancelledActivity({ description, summary }: JobSources): Why | undefined {
  const activity = description.raw.pendingActivities?.find((one) => activityStateOf(one) === 'cancelling');
  if (!activity) return undefined;
  const track = trackOf(activity, summary.activities);
  const since = track?.cancelRequestedAt?.toISOString();
  return {
    code: 'cancelling_activity',
    sentence: `Cancellation of ${wordsOf(activity)} was requested${since === undefined ? '' : ` at ${since}`}; its attempt ${attemptOf(activity)} is still running on the worker ${activity.lastWorkerIdentity ?? ''}, and no other attempt follows.`,
    ...factsOf(activity),
    queue: track?.taskQueue ?? description.taskQueue,
    ...(since === undefined ? {} : { since }),
    actions: [],
  };
}

/** Explains a wait that the job's definition declares. It takes precedence over concurrent activities. */
function explainDeclaredWait({ description, job, summary: history }: JobSources): Why | undefined {
  const timer = history.timers.findLast(
    ({ ended, summary }) => !ended && job.waits?.[summary ?? ''] !== undefined,
  );
  const wait = job.waits?.[timer?.summary ?? ''];
  if (!timer || !wait) return undefined;
  const until = timer.firesAt.toISOString();
  const businessKey = description.workflowId.slice(kebabCase(job.type).length + 1);
  return {
    code: wait.code,
    sentence: wait.sentence(until),
    until,
    actions: [
      ...wait.actions(businessKey),
      { does: 'Cancels it.', method: 'DELETE', path: linkToJob(description.workflowId) },
    ],
  };
}

/** Explains the worst state among a job's activities: not taken by any worker, failed, or running. */
function explainActivity({ description, summary }: JobSources, pollersOf: PollersOf): Why | undefined {
  const pending = description.raw.pendingActivities ?? [];
  const queueOf = (activity: PendingActivity): string =>
    trackOf(activity, summary.activities)?.taskQueue ?? description.taskQueue;

  for (const activity of pending) {
    const queue = queueOf(activity);
    const pollers = pollersOf({ queue, kind: 'activity' });
    if (!isDue(activity) || pollers?.isPolled !== false) continue;
    const since = toDate(activity.scheduledTime)?.toISOString();
    return { ...noWorker(queue, pollers), ...factsOf(activity), ...(since === undefined ? {} : { since }) };
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
    post(id, 'retry', 'Starts the next attempt now.'),
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

/** Explains what the workflow of a job without running activities waits for. */
function explainWait({ description, job, summary: { timers, heldBack } }: JobSources): Why {
  const id = description.workflowId;
  if (heldBack) {
    return {
      code: 'paused',
      sentence: `It has been paused since ${heldBack.at.toISOString()}${byWhom(heldBack.by, heldBack.reason)}; it continues when it is resumed.`,
      since: heldBack.at.toISOString(),
      ...who(heldBack.by, heldBack.reason),
      actions: [post(id, 'resume', 'Resumes it.')],
    };
  }
  const timer = timers.findLast((candidate) => !candidate.ended);
  if (timer) {
    const until = timer.firesAt.toISOString();
    const delays = isDelay(job, timer.summary);
    const what = timer.summary === undefined ? '' : ` (${timer.summary})`;
    return {
      code: 'waiting_for_time',
      sentence: delays ? `It waits until ${until}${what}.` : `It waits until ${until} at the latest${what}.`,
      until,
      actions: [
        ...(delays ? [post(id, 'reschedule', 'Moves it to another time.')] : []),
        { does: 'Cancels it.', method: 'DELETE', path: linkToJob(id) },
      ],
    };
  }
  const child = description.raw.pendingChildren?.[0]?.workflowId;
  if (description.raw.pendingWorkflowTask) {
    return {
      code: 'queued',
      sentence: `Its next step waits in the queue ${description.taskQueue} for a free worker.`,
      queue: description.taskQueue,
      actions: [],
    };
  }
  if (child) {
    return {
      code: 'waiting_for_child',
      sentence: `It waits for the job ${child}.`,
      child,
      actions: [{ does: `Read GET ${linkToJob(child, '/why')}.` }],
    };
  }
  return { code: 'waiting_for_message', sentence: 'It waits for a message.', actions: [] };
}

function explainEnd({ description, result, summary }: JobSources): Why {
  const id = description.workflowId;
  const since = description.closeTime?.toISOString() ?? '';
  const again = post(id, 'retry', 'Runs it again with the same input.');
  if (isTimedOut(description)) {
    return {
      code: 'timed_out',
      sentence: `It exceeded its time limit and was ended at ${since}.`,
      since,
      actions: [again],
    };
  }
  switch (endedStatusOf(description)) {
    case 'completed': {
      const { outcome } = (result ?? {}) as { outcome?: unknown };
      const said = typeof outcome === 'string' ? outcome : undefined;
      return {
        code: 'completed',
        sentence: `It completed at ${since}${said === undefined ? '' : `; its outcome is ${said}`}.`,
        since,
        ...(said === undefined ? {} : { outcome: said }),
        actions: [],
      };
    }
    case 'cancelled': {
      const { by = '', reason = '' } = summary.cancellation ?? {};
      return {
        code: 'cancelled',
        sentence: `It was cancelled${byWhom(by, reason)} and ended at ${since}.`,
        since,
        ...who(by, reason),
        actions: [again],
      };
    }
    case 'terminated': {
      const { by = '', reason = '' } = summary.termination ?? {};
      return {
        code: 'terminated',
        sentence: `It was terminated at ${since}${byWhom(by, reason)}, without cleanup.`,
        since,
        ...who(by, reason),
        actions: [again],
      };
    }
    default: {
      const error = summary.failure ?? { code: 'Error', message: 'no message' };
      return {
        code: 'failed',
        sentence: `It failed at ${since} with ${inShort(error)}. An operator can run it again.`,
        since,
        error,
        ...lastAttemptOf(summary),
        actions: [again],
      };
    }
  }
}

/** Returns the attempt that failed the job, if it was an activity's. */
function lastAttemptOf({ activities }: HistorySummary): Pick<Why, 'activity' | 'attempt' | 'of'> {
  const failed = activities.findLast((track) => track.end?.error);
  if (!failed?.lastAttempt) return {};
  return {
    activity: failed.type,
    attempt: failed.lastAttempt.number,
    ...(failed.retry.maximumAttempts > 0 ? { of: failed.retry.maximumAttempts } : {}),
  };
}

function noWorker(queue: string, pollers: Pollers | undefined): Why {
  const seen = pollers?.lastSeenAt;
  return {
    code: 'no_worker',
    sentence: `No worker polls the queue ${queue}${seen ? `: the last one was seen at ${seen.toISOString()}` : ''}; the job continues as soon as one does.`,
    queue,
    actions: [
      { does: `Start a worker that serves ${queue} (WORKER_TASK_QUEUES); nothing is lost in the meantime.` },
    ],
  };
}

/** Whether an activity's time has come and no worker has taken it. */
function isDue(activity: PendingActivity): boolean {
  return activityStateOf(activity) === 'queued';
}

function trackOf(activity: PendingActivity, tracks: readonly ActivityTrack[]): ActivityTrack | undefined {
  return tracks.findLast((track) => track.activityId === activity.activityId);
}

function factsOf(activity: PendingActivity): Pick<Why, 'activity' | 'attempt' | 'of' | 'worker'> {
  const { maximumAttempts, lastWorkerIdentity } = activity;
  return {
    activity: activity.activityType?.name ?? '',
    attempt: activity.attempt ?? 1,
    ...(maximumAttempts ? { of: maximumAttempts } : {}),
    ...(lastWorkerIdentity ? { worker: lastWorkerIdentity } : {}),
  };
}

/** `2 of 4`, or `2` if there is no last attempt. */
function attemptOf(activity: PendingActivity, attempt = activity.attempt ?? 1): string {
  return activity.maximumAttempts ? `${attempt} of ${activity.maximumAttempts}` : String(attempt);
}

/** `sendReminder` → `send reminder`. */
function wordsOf(activity: PendingActivity): string {
  return inWords(activity.activityType?.name ?? '');
}

/** Formats an error for use in a sentence. */
function inShort(error: AttemptError | null | undefined): string {
  return `${error?.code ?? 'Error'}: ${withoutStop(error?.message ?? 'no message')}`;
}

function withoutStop(text: string): string {
  return text.replace(/[.\s]+$/, '');
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function who(by: string, reason: string): Pick<Why, 'by' | 'reason'> {
  return { ...(by === '' ? {} : { by }), ...(reason === '' ? {} : { reason }) };
}

function byWhom(by: string, reason: string): string {
  return `${by === '' ? '' : ` by ${by}`}${reason === '' ? '' : ` (${reason})`}`;
}

function post(id: string, action: string, does: string): WhyAction {
  return { does, method: 'POST', path: linkToJob(id, `/${action}`) };
}
