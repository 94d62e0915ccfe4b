import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { pauseJobSignal, rescheduleJobSignal } from '../signals.ts';
import { jobTimers } from '../names.ts';
import type { RetryPlan } from '../run/retry.ts';

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** One event of a history, as the client returns it. */
export type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** An activity in a history, from its scheduling to its end, if any. */
export interface ActivityTrack {
  activityId: string;
  type: string;
  scheduledAt: Date;
  taskQueue: string;
  startToCloseMs: number;
  retry: RetryPlan;
  /** The attempt that ended the activity; histories contain no other attempts. */
  lastAttempt: { number: number; startedAt: Date; previousError: AttemptError | null } | undefined;
  end: { at: Date; error: AttemptError | null } | undefined;
  /** When the workflow requested its cancellation, if it did. */
  cancelRequestedAt: Date | undefined;
}

/** A durable timer of a history. */
export interface TimerTrack {
  summary: string | undefined;
  startedAt: Date;
  firesAt: Date;
  ended: boolean;
  /** When it fired, or was abandoned. */
  endedAt: Date | undefined;
}

/** Why an attempt, or a job, failed: a failure's type for programs, its message for people. */
export interface AttemptError {
  code: string;
  message: string;
}

/** Summary of a history: activities and timers in the order in which they began. */
export interface HistorySummary {
  activities: ActivityTrack[];
  timers: TimerTrack[];
  /** Whether the first workflow task was scheduled; before that, the engine delays the start. */
  begun: boolean;
  /** Why the workflow failed, if it did. */
  failure: AttemptError | undefined;
  /**
   * Who requested its cancellation or terminated it, and why; `by` is the identity of a client. `isKnown` is false until the workflow's
   * code has run since: plans made before may then not happen.
   */
  cancellation: (Intervention & { isKnown: boolean }) | undefined;
  termination: Intervention | undefined;
  /** What has stopped the workflow's own code since it last ran; `cause` is the engine's WorkflowTaskFailedCause. */
  codeFailure:
    | {
        at: Date;
        cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause | 'timeout';
        error: AttemptError | null;
      }
    | undefined;
  /** Set while the workflow is paused by an operator's message. */
  heldBack: Intervention | undefined;
  /** When the job begins, if an operator changed the time of its start; undefined once it has begun. */
  postponedTo: Date | undefined;
}

/** An operator's action on a job. */
export interface Intervention {
  at: Date;
  by: string;
  reason: string;
}

/** Reads a history once, from its first event to its last. */
export function summariseHistory(events: readonly HistoryEvent[]): HistorySummary {
  const activities = new Map<string, ActivityTrack>();
  const timers = new Map<string, TimerTrack>();
  let failure: AttemptError | undefined;
  let begun = false;
  let cancellation: HistorySummary['cancellation'];
  let termination: Intervention | undefined;
  let codeFailure: HistorySummary['codeFailure'];
  let heldBack: Intervention | undefined;
  /** The start time that messages have requested, until the workflow's code has handled them and waits with its own timer. */
  let movedTo: Date | undefined;
  let hasRun = false;

  for (const event of events) {
    const at = atOf(event);
    begun ||= !!event.workflowTaskScheduledEventAttributes;
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const timerStarted = event.timerStartedEventAttributes;
    if (scheduled) {
      activities.set(String(event.eventId), {
        activityId: scheduled.activityId ?? '',
        type: scheduled.activityType?.name ?? '',
        scheduledAt: at,
        taskQueue: scheduled.taskQueue?.name ?? '',
        startToCloseMs: toMs(scheduled.startToCloseTimeout),
        retry: {
          initialMs: toMs(scheduled.retryPolicy?.initialInterval),
          coefficient: scheduled.retryPolicy?.backoffCoefficient ?? 2,
          maximumMs: toMs(scheduled.retryPolicy?.maximumInterval),
          maximumAttempts: scheduled.retryPolicy?.maximumAttempts ?? 0,
        },
        lastAttempt: undefined,
        end: undefined,
        cancelRequestedAt: undefined,
      });
    } else if (started) {
      const track = activities.get(String(started.scheduledEventId));
      if (track) {
        track.lastAttempt = {
          number: started.attempt ?? 1,
          startedAt: at,
          previousError: toError(started.lastFailure),
        };
      }
    } else if (timerStarted) {
      timers.set(String(event.eventId), {
        summary: toText(event.userMetadata?.summary),
        startedAt: at,
        firesAt: new Date(at.getTime() + toMs(timerStarted.startToFireTimeout)),
        ended: false,
        endedAt: undefined,
      });
    } else {
      failure = failureOf(event) ?? failure;
    }

    const closed =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const closedActivity = closed && activities.get(String(closed.scheduledEventId));
    if (closedActivity) {
      const error = 'failure' in closed ? toError(closed.failure) : null;
      closedActivity.end = { at, error };
    }
    const cancelRequest = event.activityTaskCancelRequestedEventAttributes;
    const cancelled = cancelRequest && activities.get(String(cancelRequest.scheduledEventId));
    if (cancelled) cancelled.cancelRequestedAt = at;
    const timerEnded = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    const endedTimer = timerEnded && timers.get(String(timerEnded.startedEventId));
    if (endedTimer) Object.assign(endedTimer, { ended: true, endedAt: at });

    const requested = cancellationOf(event);
    if (requested) cancellation = { ...requested, isKnown: false };
    termination = terminationOf(event) ?? termination;
    if (event.workflowTaskCompletedEventAttributes) {
      codeFailure = undefined;
      hasRun = true;
      if (cancellation) cancellation.isKnown = true;
    }
    codeFailure = codeFailureOf(event) ?? codeFailure;
    const hold = holdOf(event);
    if (hold) heldBack = hold.isHeld ? hold : undefined;
    movedTo = startMovedBy(event, movedTo) ?? movedTo;
  }
  const waitForStart = [...timers.values()].find(
    ({ summary, ended }) => summary === jobTimers.postponedStart && !ended,
  );
  return {
    activities: [...activities.values()],
    timers: [...timers.values()],
    begun,
    failure,
    cancellation,
    termination,
    codeFailure,
    heldBack,
    postponedTo: hasRun ? waitForStart?.firesAt : movedTo,
  };
}

/** Returns the start time in an operator's message, as the workflow will interpret it: see operator-wait.ts. */
function startMovedBy(event: HistoryEvent, before: Date | undefined): Date | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  const { at, startAt } = (toValue(signal?.input?.payloads?.[0]) ?? {}) as {
    at?: unknown;
    startAt?: unknown;
  };
  if (signal?.signalName === rescheduleJobSignal.name) return dateOf(at);
  return signal?.signalName === pauseJobSignal.name ? (before ?? dateOf(startAt)) : undefined;
}

function dateOf(text: unknown): Date | undefined {
  return typeof text === 'string' ? new Date(text) : undefined;
}

function cancellationOf(event: HistoryEvent): Intervention | undefined {
  const asked = event.workflowExecutionCancelRequestedEventAttributes;
  return asked ? { at: atOf(event), by: asked.identity ?? '', reason: asked.cause ?? '' } : undefined;
}

function terminationOf(event: HistoryEvent): Intervention | undefined {
  const ended = event.workflowExecutionTerminatedEventAttributes;
  return ended ? { at: atOf(event), by: ended.identity ?? '', reason: ended.reason ?? '' } : undefined;
}

/**
 * Whether a step of a workflow's code failed. The engine also refuses a step's result if a message arrived meanwhile, and repeats the step
 * with the message: that is not a failure.
 */
export function isCodeFailure({
  cause,
}: NonNullable<HistoryEvent['workflowTaskFailedEventAttributes']>): boolean {
  return (
    cause !== WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND &&
    cause !== WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_UPDATE
  );
}

function codeFailureOf(event: HistoryEvent): HistorySummary['codeFailure'] {
  const failed = event.workflowTaskFailedEventAttributes;
  if (failed && isCodeFailure(failed))
    return {
      at: atOf(event),
      cause: failed.cause ?? WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNSPECIFIED,
      error: toError(failed.failure),
    };
  return event.workflowTaskTimedOutEventAttributes
    ? { at: atOf(event), cause: 'timeout', error: null }
    : undefined;
}

/**
 * Whether a workflow is paused from an event on. Signals that pause are named `pause…`, and those that resume `resume…`; the input of a run
 * that continues a paused one says so.
 */
function holdOf(event: HistoryEvent): (Intervention & { isHeld: boolean }) | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  const name = signal?.signalName ?? '';
  if (/^(pause|resume)[A-Z]/.test(name)) {
    return { at: atOf(event), by: signal?.identity ?? '', reason: '', isHeld: name.startsWith('pause') };
  }
  const [input] = event.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const { resumeAt } = (toValue(input) ?? {}) as { resumeAt?: { paused?: unknown } };
  return resumeAt?.paused === true ? { at: atOf(event), by: '', reason: '', isHeld: true } : undefined;
}

/** Returns the input that a run was started with; undefined if it has none that can be read. */
export function inputOf([started]: readonly HistoryEvent[]): unknown {
  return toValue(started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]);
}

/** When an event happened. */
export function atOf(event: HistoryEvent): Date {
  return toDate(event.eventTime) ?? new Date(0);
}

/** Why the workflow failed, if it did by this event. */
export function failureOf(event: HistoryEvent): AttemptError | undefined {
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return toError(failed.failure) ?? undefined;
  if (!event.workflowExecutionTimedOutEventAttributes) return undefined;
  return { code: 'Timeout', message: 'The job exceeded its time limit.' };
}

/** A protobuf timestamp as a date. */
export function toDate(timestamp: Timestamp): Date | undefined {
  return timestamp ? new Date(toMs(timestamp)) : undefined;
}

/** A protobuf duration, or timestamp, in milliseconds. */
export function toMs(value: Timestamp): number {
  return Number(value?.seconds ?? 0) * 1000 + (value?.nanos ?? 0) / 1e6;
}

interface Failure {
  message?: string | null;
  applicationFailureInfo?: { type?: string | null } | null;
  timeoutFailureInfo?: object | null;
  canceledFailureInfo?: object | null;
  activityFailureInfo?: object | null;
  cause?: Failure | null;
}

/**
 * Returns a failure's code and message: our own type if it has one. A workflow that rethrows its activity's failure ends with a failure
 * that only says so; the activity's own failure is its cause.
 */
export function toError(failure: Failure | null | undefined): AttemptError | null {
  if (!failure) return null;
  if (failure.activityFailureInfo && failure.cause) return toError(failure.cause);
  const own = failure.applicationFailureInfo?.type;
  const code =
    own ?? (failure.timeoutFailureInfo ? 'Timeout' : failure.canceledFailureInfo ? 'Cancelled' : 'Error');
  return { code: code === '' ? 'Error' : code, message: failure.message ?? '' };
}

/** Returns a payload's text, or undefined if it contains anything else. */
export function toText(payload: Payload): string | undefined {
  const value = toValue(payload);
  return typeof value === 'string' ? value : undefined;
}

type Payload = { data?: Uint8Array | null } | null | undefined;

/** Parses a JSON payload; undefined if it is of another kind. */
function toValue(payload: Payload): unknown {
  if (!payload?.data) return undefined;
  try {
    return JSON.parse(Buffer.from(payload.data).toString('utf8'));
  } catch {
    return undefined;
  }
}
