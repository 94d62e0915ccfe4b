import type { WorkflowExecutionDescription } from '@temporalio/client';
import { RETRIED_FROM } from './names.ts';
import { workflowUrl, type WebUi } from '../engine/web-ui.ts';
import { urgencyOfRun } from '../engine/priority.ts';
import { shownUrgency } from '../values/priority.ts';
import { searchAttributes } from '../engine/search-attributes.ts';
import type { JobDefinition } from './job-definition.ts';
import type { FailedAttempt } from './failed-attempts.ts';
import {
  toDate,
  toError,
  type ActivityTrack,
  type AttemptError,
  type HistoryEvent,
  type HistorySummary,
} from './run-state/history.ts';
import { endedStatusOf, isOpen } from '../engine/run-status.ts';
import {
  activityStateOf,
  isPaused,
  isRetrying,
  isRunning,
  type PendingActivity,
} from './run-state/pending-activity.ts';
import { plannedAttempts } from './explain/planned-attempts.ts';
import { isFunctionJob } from './run/define-job.ts';
import { waitAfter, type RetryPlan } from './run/retry.ts';
import { isDelay } from './waits.ts';
import { linkToJob } from './link-to-job.ts';

/**
 * Current state of a job: `scheduled` before its time or its start, `waiting` for a timer or a person, `retrying` between two attempts,
 * `paused` by an operator.
 */
export const jobStatuses = [
  'scheduled',
  'running',
  'waiting',
  'retrying',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'terminated',
] as const;

/** See {@link jobStatuses}. */
export type JobStatus = (typeof jobStatuses)[number];

/** Whether jobs of a status have an error: of their end, or of their last attempt. */
export function hasError(status: JobStatus): boolean {
  return status === 'failed' || status === 'retrying';
}

/** One attempt of an activity. `startedAt` is null if the attempt was lost with its worker. */
export interface Attempt {
  activity: string;
  number: number;
  startedAt: string | null;
  endedAt: string | null;
  error: AttemptError | null;
}

/**
 * A job as JSON. Times are ISO 8601 UTC; `plannedAttempts` are the earliest times that the coming attempts can have, and none
 * of them is in the past.
 */
export interface JobView {
  id: string;
  /** The engine's id of this run; null until the engine has started it. */
  runId: string | null;
  type: string;
  businessKey: string | null;
  status: JobStatus;
  createdAt: string;
  closedAt: string | null;
  /** When cancellation of the job, or of the activity that it runs, was requested; null if no cancellation is in progress. */
  cancelRequestedAt: string | null;
  /** From 1, which comes first, to 5. */
  priority: number;
  /** The key with which it takes turns with others, and its weight; null if it has none. */
  fairness: { key: string; weight: number } | null;
  attempts: Attempt[];
  plannedAttempts: string[];
  /** Latest time at which the job gives up or stops waiting; null if it is unlimited. */
  deadline: string | null;
  /** Its last progress report; null if there is none. */
  progress: unknown;
  result: unknown;
  failure: AttemptError | null;
  links: {
    self: string;
    ui: string | null;
    retryOf: string | null;
    retriedBy: string | null;
    /** Link to the job or group of jobs that its start waits for. */
    waitsFor: string | null;
    /** Link to the job that runs in its place, because a later start of its key replaced its start. */
    replacedBy: string | null;
  };
}

/** The data from which a job's view is built. */
export interface JobSources extends WebUi {
  description: WorkflowExecutionDescription;
  /** Its history and the summary of it: read once and passed on. */
  events: readonly HistoryEvent[];
  summary: HistorySummary;
  /** The definition of its type. */
  job: JobDefinition;
  failedAttempts: readonly FailedAttempt[];
  /** Set if this run was retried: the new run's id, or null until that is known. */
  retry: { newRunId: string | null } | undefined;
  /** Last progress report of its function; undefined if there is none. */
  progress?: unknown;
  result: unknown;
}

/** Builds a job's view from the data of the engine and the database. */
export function jobView(sources: JobSources): JobView {
  const { description, summary } = sources;
  const { workflowId, runId } = description;
  const pending = description.raw.pendingActivities ?? [];
  const open = isOpen(description);
  const now = new Date();
  const timer = open ? summary.timers.findLast((candidate) => !candidate.ended) : undefined;
  const plans = open ? pending.map((activity) => planOf(activity, summary.activities, sources.job, now)) : [];
  const delays = isDelay(sources.job, timer?.summary);
  const start = open ? startToCome(description, summary) : undefined;
  const retriedFrom = description.memo?.[RETRIED_FROM];
  const planned = [
    ...plans.flatMap((plan) => plan.times),
    ...(start ? [start] : timer && delays ? [notBefore(now, timer.firesAt)] : []),
  ];
  // The end of what the job waits for is the deadline, rather than an email that is retried concurrently.
  const deadline = timer && !delays ? timer.firesAt : latest(plans.map((plan) => plan.deadline));
  const cancelRequestedAt = open ? cancelRequestOf(pending, summary) : undefined;
  // Until the workflow's code has handled its cancellation, the fate of its plans is unknown.
  const isUndecided = open && summary.cancellation?.isKnown === false;

  return {
    id: workflowId,
    runId,
    type: description.type,
    businessKey: description.typedSearchAttributes.get(searchAttributes.businessKey) ?? null,
    status: statusOf(description, summary),
    createdAt: description.startTime.toISOString(),
    closedAt: description.closeTime?.toISOString() ?? null,
    cancelRequestedAt: cancelRequestedAt?.toISOString() ?? null,
    ...shownUrgency(urgencyOfRun(description.priority)),
    attempts: summary.activities.flatMap((track) => attemptsOf(track, pending, sources.failedAttempts)),
    plannedAttempts: isUndecided
      ? []
      : planned.toSorted((a, b) => a.getTime() - b.getTime()).map((at) => at.toISOString()),
    deadline: isUndecided ? null : (deadline?.toISOString() ?? null),
    progress: sources.progress ?? null,
    result: sources.result ?? null,
    failure: summary.failure ?? null,
    links: {
      ...jobLinks({ workflowId, runId }, sources),
      retryOf: typeof retriedFrom === 'string' ? linkToRun(workflowId, retriedFrom) : null,
      waitsFor: null,
      replacedBy: null,
      retriedBy: sources.retry ? linkToRun(workflowId, sources.retry.newRunId) : null,
    },
  };
}

/** Links to a run of a job, over REST and in the Web UI. */
export function jobLinks(
  { workflowId, runId }: { workflowId: string; runId: string },
  ui: WebUi,
): { self: string; ui: string } {
  return {
    self: linkToJob(workflowId),
    ui: workflowUrl(ui, workflowId, runId),
  };
}

/** Returns the link to one run of a job, or to its newest run if that run is not known yet. */
function linkToRun(id: string, runId: string | null): string {
  return linkToJob(id, runId === null ? '' : `?runId=${runId}`);
}

/** Returns when a job with a delayed or rescheduled start begins; undefined once it has begun, and while it is paused. */
export function startToCome(
  { executionTime }: WorkflowExecutionDescription,
  { begun, postponedTo, heldBack }: Pick<HistorySummary, 'begun' | 'postponedTo' | 'heldBack'>,
): Date | undefined {
  if (heldBack) return undefined;
  // A message that changed the start has ended the engine's delay, although the description still contains its end.
  const startsAt = postponedTo ?? (begun ? undefined : executionTime);
  return startsAt && startsAt.getTime() > Date.now() ? startsAt : undefined;
}

/** Returns the current state of a run, or how it ended. Both the list of jobs and a job's own view use this function. */
export function statusOf(
  description: WorkflowExecutionDescription,
  summary: Pick<HistorySummary, 'begun' | 'postponedTo' | 'heldBack' | 'timers'>,
): JobStatus {
  const ended = endedStatusOf(description);
  if (ended) return ended;
  const pending = description.raw.pendingActivities ?? [];
  if (pending.some(isPaused)) return 'paused';
  if (pending.some(isRetrying)) return 'retrying';
  if (pending.length > 0) return 'running';
  if (startToCome(description, summary)) return 'scheduled';
  // A run that was paused before it began is paused, whether or not a worker has handled the message.
  if (summary.heldBack && (summary.postponedTo || !description.raw.pendingWorkflowTask)) return 'paused';
  if (description.raw.pendingWorkflowTask) return 'running';
  return summary.timers.some((timer) => !timer.ended) ? 'waiting' : 'running';
}

/** Returns since when a cancellation is in progress: of the job, or of an activity that a worker runs. */
function cancelRequestOf(
  pending: readonly PendingActivity[],
  { cancellation, activities }: HistorySummary,
): Date | undefined {
  if (cancellation) return cancellation.at;
  const cancelling = pending.filter((activity) => activityStateOf(activity) === 'cancelling');
  return cancelling.length === 0
    ? undefined
    : activities.find(({ activityId }) => activityId === cancelling[0]?.activityId)?.cancelRequestedAt;
}

/** Returns the planned attempts of an activity, and when its last one ends. */
function planOf(
  activity: PendingActivity,
  tracks: readonly ActivityTrack[],
  job: JobDefinition,
  now: Date,
): { times: Date[]; deadline: Date | undefined } {
  const track = tracks.findLast((candidate) => candidate.activityId === activity.activityId);
  const state = activityStateOf(activity);
  if (!track || state === 'paused' || state === 'pausing' || state === 'cancelling') {
    return { times: [], deadline: undefined };
  }
  const attempt = activity.attempt ?? 1;
  const retry = withDelays(track, job);
  const expires = toDate(activity.expirationTime);
  const times =
    state === 'running'
      ? // It has not failed yet: the next attempt waits from when it does.
        plannedAttempts(retry, attempt + 1, new Date(now.getTime() + waitAfter(retry, attempt)), expires)
      : plannedAttempts(
          retry,
          attempt,
          notBefore(now, toDate(activity.nextAttemptScheduleTime) ?? now),
          expires,
        );
  if (expires) return { times, deadline: expires };
  const lastBegins =
    retry.maximumAttempts > 0 ? (times.at(-1) ?? toDate(activity.lastStartedTime)) : undefined;
  return { times, deadline: lastBegins && new Date(lastBegins.getTime() + track.startToCloseMs) };
}

/**
 * Returns the plan of an activity, with a list of individual waits if the job's function declares one, which no history contains. After an
 * outage that did not count, an activity has the remaining attempts and the waits between them.
 */
function withDelays({ type, retry }: ActivityTrack, job: JobDefinition): RetryPlan {
  if (!isFunctionJob(job) || type !== job.type) return retry;
  const { delaysMs, maximumAttempts } = job.policy.retry;
  return delaysMs ? { ...retry, delaysMs: delaysMs.slice(maximumAttempts - retry.maximumAttempts) } : retry;
}

/** Returns a future time, or now if it has passed. */
export function notBefore(now: Date, at: Date): Date {
  return at > now ? at : now;
}

/** Returns the attempts of one activity in a history, in order. */
export function attemptsOf(
  track: ActivityTrack,
  pending: readonly PendingActivity[],
  failed: readonly FailedAttempt[],
): Attempt[] {
  const known = new Map<number, Attempt>();
  const add = (number: number, attempt: Omit<Attempt, 'activity' | 'number'>): void => {
    if (!known.has(number)) known.set(number, { activity: track.type, number, ...attempt });
  };
  for (const row of failed) {
    if (row.activityId !== track.activityId) continue;
    add(row.attempt, {
      startedAt: row.startedAt.toISOString(),
      endedAt: row.endedAt.toISOString(),
      error: { code: row.errorCode, message: row.errorMessage },
    });
  }
  const current = pending.find((activity) => activity.activityId === track.activityId);
  const lastNumber = track.lastAttempt?.number ?? current?.attempt ?? 0;
  if (track.lastAttempt && track.end) {
    add(lastNumber, {
      startedAt: track.lastAttempt.startedAt.toISOString(),
      endedAt: track.end.at.toISOString(),
      error: track.end.error,
    });
  } else if (current && isRunning(current)) {
    add(lastNumber, {
      startedAt: toDate(current.lastStartedTime)?.toISOString() ?? null,
      endedAt: null,
      error: null,
    });
  }
  // An attempt without a report ended with its worker; the engine knows the error of the latest such attempt.
  const lost = track.lastAttempt?.previousError ?? toError(current?.lastFailure);
  for (let number = 1; number < lastNumber; number++) {
    add(number, {
      startedAt: null,
      endedAt: null,
      error:
        lost?.code === 'Timeout' ? lost : { code: 'WorkerLost', message: 'the attempt was never reported' },
    });
  }
  return [...known.values()].toSorted((a, b) => a.number - b.number);
}

function latest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce((a, b) => (!a || (b && b > a) ? b : a), undefined);
}
