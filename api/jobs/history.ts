import type { WorkflowHandle } from '@temporalio/client';

/** An event history, as the client returns it. */
export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** One event of a history. */
export type HistoryEvent = NonNullable<History['events']>[number];

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** How an activity is retried; times in milliseconds, `maximumAttempts` 0 for no limit. */
export interface RetryPlan {
  initialMs: number;
  coefficient: number;
  maximumMs: number;
  maximumAttempts: number;
}

/** An activity of a history, from its scheduling to its end, if it has one. */
export interface ActivityTrack {
  activityId: string;
  type: string;
  scheduledAt: Date;
  startToCloseMs: number;
  retry: RetryPlan;
  /** The attempt that ended the activity; histories hold no other one. */
  lastAttempt: { number: number; startedAt: Date; previousError: AttemptError | null } | undefined;
  end: { at: Date; error: AttemptError | null } | undefined;
}

/** A durable timer of a history. */
export interface TimerTrack {
  summary: string | undefined;
  firesAt: Date;
  ended: boolean;
}

/** Why an attempt, or a job, failed: a failure's type for programs, its message for people. */
export interface AttemptError {
  code: string;
  message: string;
}

/** What a history says about activities and timers, in the order in which they were begun. */
export interface HistorySummary {
  activities: ActivityTrack[];
  timers: TimerTrack[];
  /** Whether a worker was asked to begin: until then the engine holds back a start that has a delay. */
  begun: boolean;
  /** Why the workflow failed, where it did. */
  failure: AttemptError | undefined;
}

/** Reads a history once, from its first event to its last. */
export function summariseHistory(history: History): HistorySummary {
  const activities = new Map<string, ActivityTrack>();
  const timers = new Map<string, TimerTrack>();
  let failure: AttemptError | undefined;
  let begun = false;

  for (const event of history.events ?? []) {
    const at = toDate(event.eventTime) ?? new Date(0);
    begun ||= !!event.workflowTaskScheduledEventAttributes;
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const timerStarted = event.timerStartedEventAttributes;
    if (scheduled) {
      activities.set(String(event.eventId), {
        activityId: scheduled.activityId ?? '',
        type: scheduled.activityType?.name ?? '',
        scheduledAt: at,
        startToCloseMs: toMs(scheduled.startToCloseTimeout),
        retry: {
          initialMs: toMs(scheduled.retryPolicy?.initialInterval),
          coefficient: scheduled.retryPolicy?.backoffCoefficient ?? 2,
          maximumMs: toMs(scheduled.retryPolicy?.maximumInterval),
          maximumAttempts: scheduled.retryPolicy?.maximumAttempts ?? 0,
        },
        lastAttempt: undefined,
        end: undefined,
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
        firesAt: new Date(at.getTime() + toMs(timerStarted.startToFireTimeout)),
        ended: false,
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
    const timerEnded = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    const endedTimer = timerEnded && timers.get(String(timerEnded.startedEventId));
    if (endedTimer) endedTimer.ended = true;
  }
  return { activities: [...activities.values()], timers: [...timers.values()], begun, failure };
}

/** Why the workflow failed, where it did by this event. */
export function failureOf(event: HistoryEvent): AttemptError | undefined {
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return toError(failed.failure) ?? undefined;
  if (!event.workflowExecutionTimedOutEventAttributes) return undefined;
  return { code: 'Timeout', message: 'The job took longer than it may.' };
}

/** A protobuf timestamp as a date. */
export function toDate(timestamp: Timestamp): Date | undefined {
  return timestamp ? new Date(toMs(timestamp)) : undefined;
}

/** A protobuf duration, or timestamp, in milliseconds. */
function toMs(value: Timestamp): number {
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
 * A failure as code and message: our own type where it has one. A workflow that lets its activity's failure through ends with
 * one that only says so; what the activity itself said is below it.
 */
export function toError(failure: Failure | null | undefined): AttemptError | null {
  if (!failure) return null;
  if (failure.activityFailureInfo && failure.cause) return toError(failure.cause);
  const own = failure.applicationFailureInfo?.type;
  const code =
    own ?? (failure.timeoutFailureInfo ? 'Timeout' : failure.canceledFailureInfo ? 'Cancelled' : 'Error');
  return { code: code === '' ? 'Error' : code, message: failure.message ?? '' };
}

function toText(payload: { data?: Uint8Array | null } | null | undefined): string | undefined {
  if (!payload?.data) return undefined;
  const value: unknown = JSON.parse(Buffer.from(payload.data).toString('utf8'));
  return typeof value === 'string' ? value : undefined;
}
