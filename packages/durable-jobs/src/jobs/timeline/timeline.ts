import type { Db } from '../../database/connect.ts';
import type { Effect } from './effects.ts';
import type { Why } from '../explain/why.ts';
import { inWords } from '../kebab-case.ts';
import {
  atOf,
  isCodeFailure,
  toDate,
  toError,
  toMs,
  type AttemptError,
  type HistoryEvent,
} from '../run-state/history.ts';
import { activityStateOf, isPaused, isRunning } from '../run-state/pending-activity.ts';
import { attemptsOf, type JobSources, type JobView } from '../job-view.ts';

/** Kinds of steps in a timeline: `retry-wait` is the time between two attempts, `wait` any other wait of the workflow. */
export const stepKinds = [
  'accepted',
  'started',
  'attempt',
  'retry-wait',
  'wait',
  'message',
  'child',
  'effect',
  'trouble',
  'end',
] as const;

/** See {@link stepKinds}. */
export type StepKind = (typeof stepKinds)[number];

/** Something that happened to a job at a time, or during a period. */
export interface Step {
  kind: StepKind;
  at: string;
  /** When it ended; null if it continues, and equal to `at` for an instant. */
  until: string | null;
  durationMs: number | null;
  text: string;
  /** Of an attempt and of the wait after it. */
  activity?: string | undefined;
  attempt?: number | undefined;
  error?: AttemptError | undefined;
}

/** What happened to a run of a job, oldest first. */
export interface Timeline {
  id: string;
  runId: string;
  type: string;
  status: JobView['status'];
  from: string;
  /** When it ended; null while it is open. */
  to: string | null;
  why: Why;
  steps: Step[];
  /** What is omitted, if anything. */
  note: string | null;
  links: { job: string; previousRun: string | null; nextRun: string | null };
}

/** The data from which a timeline is built. */
export interface TimelineSources {
  run: JobSources;
  view: JobView;
  why: Why;
  effects: readonly Effect[];
  acceptedAt: Date | undefined;
}

/** Maximum number of steps in a response: the oldest and the newest. */
const MOST_STEPS = 500;

/** Builds the timeline of a run. */
export function timelineOf({ run, view, why, effects, acceptedAt }: TimelineSources): Timeline {
  const { events } = run;
  const from = acceptedAt ?? run.description.startTime;
  const closedAt = run.description.closeTime;
  const all = [
    ...startSteps(run, acceptedAt),
    ...attemptSteps(run),
    ...timerSteps(run),
    ...events.flatMap(stepsOf),
    // Effects of other runs with the same key do not belong to this one.
    ...effects
      .filter(({ at }) => at >= from && (!closedAt || at.getTime() <= closedAt.getTime() + SAME_MOMENT_MS))
      .map(({ at, text }) => instant('effect', at, text)),
    ...(closedAt ? [instant('end', closedAt, why.sentence)] : []),
  ].toSorted((a, b) => compare(a.at, b.at) || rank(a) - rank(b));
  const left = all.length - MOST_STEPS;
  const steps = left > 0 ? [...all.slice(0, MOST_STEPS / 2), ...all.slice(-MOST_STEPS / 2)] : all;
  const runLink = (runId: string | null | undefined): string | null =>
    runId ? `${view.links.self}/timeline?runId=${runId}` : null;
  return {
    id: view.id,
    runId: run.description.runId,
    type: view.type,
    status: view.status,
    from: from.toISOString(),
    to: closedAt?.toISOString() ?? null,
    why,
    steps,
    note: left > 0 ? `${left} steps in the middle are left out; the Web UI has the whole history.` : null,
    links: {
      job: view.links.self,
      previousRun: runLink(events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId),
      nextRun: runLink(events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId),
    },
  };
}

/** An effect is recorded in our rows a moment before or after the engine knows its end. */
const SAME_MOMENT_MS = 2_000;

/** When the start of a run was committed, if its entry still exists: the newest that is not later than the run. */
export async function readAcceptedAt(db: Db, id: string, startTime: Date): Promise<Date | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('createdAt')
    .where('jobId', '=', id)
    .where('createdAt', '<=', startTime)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.createdAt;
}

function startSteps({ description, events }: JobSources, acceptedAt: Date | undefined): Step[] {
  const { startTime, executionTime } = description;
  const delayed = executionTime !== undefined && executionTime.getTime() - startTime.getTime() >= 1_000;
  const isOver = !delayed || executionTime.getTime() <= Date.now();
  const taken = events.find((event) => event.workflowTaskStartedEventAttributes);
  return [
    ...(acceptedAt ? [instant('accepted', acceptedAt, 'The request was accepted and committed')] : []),
    instant('started', startTime, 'The engine accepted the job'),
    ...(delayed
      ? [
          span(
            'wait',
            startTime,
            isOver ? executionTime : null,
            `Waiting for its start time, ${executionTime.toISOString()}`,
          ),
        ]
      : []),
    ...(taken
      ? [
          instant(
            'started',
            atOf(taken),
            `The worker ${taken.workflowTaskStartedEventAttributes?.identity ?? ''} started it`,
          ),
        ]
      : []),
  ];
}

function attemptSteps({ description, summary, failedAttempts }: JobSources): Step[] {
  const pending = description.raw.pendingActivities ?? [];
  return summary.activities.flatMap((track) => {
    const name = inWords(track.type);
    const of = track.retry.maximumAttempts > 0 ? ` of ${track.retry.maximumAttempts}` : '';
    const current = pending.find((activity) => activity.activityId === track.activityId);
    const steps: Step[] = track.cancelRequestedAt
      ? [instant('message', track.cancelRequestedAt, `The workflow requested the cancellation of ${name}`)]
      : [];
    let endOfLast: Date | undefined;
    for (const { number, startedAt, endedAt, error } of attemptsOf(track, pending, failedAttempts)) {
      const facts = { activity: track.type, attempt: number, ...(error ? { error } : {}) };
      // An attempt that was lost with its worker has no times of its own: it is placed between the others.
      const began = startedAt ? new Date(startedAt) : (endOfLast ?? track.scheduledAt);
      const ended = endedAt ? new Date(endedAt) : null;
      if (endOfLast && startedAt) steps.push(retryWait(endOfLast, began, name, number, track.type));
      const isCancelling = !ended && current !== undefined && activityStateOf(current) === 'cancelling';
      const outcome = error
        ? `failed with ${error.code}: ${error.message}`
        : ended
          ? 'succeeded'
          : isCancelling
            ? 'is being cancelled'
            : 'runs';
      steps.push({
        ...span(
          'attempt',
          began,
          ended ?? (error ? began : null),
          `${name}, attempt ${number}${of}, ${outcome}`,
        ),
        ...facts,
      });
      endOfLast = ended ?? undefined;
    }
    if (endOfLast && current && !isRunning(current)) {
      const next = toDate(current.nextAttemptScheduleTime);
      const number = current.attempt ?? 1;
      const text = `Waiting to retry ${name}, attempt ${number}${of}${isPaused(current) ? ', paused' : next ? `, until ${next.toISOString()}` : ''}`;
      steps.push({ ...span('retry-wait', endOfLast, null, text), activity: track.type, attempt: number });
    }
    return steps;
  });
}

function retryWait(from: Date, until: Date, name: string, attempt: number, activity: string): Step {
  return { ...span('retry-wait', from, until, `Waited to retry ${name}`), activity, attempt };
}

function timerSteps({ summary, description }: JobSources): Step[] {
  return summary.timers.map((timer) => {
    const what = timer.summary ?? 'Waits';
    const end = timer.endedAt ?? (timer.ended ? timer.firesAt : (description.closeTime ?? null));
    const early = timer.endedAt && timer.endedAt.getTime() < timer.firesAt.getTime() - SAME_MOMENT_MS;
    const text = end
      ? `${what}${early ? ' (ended early)' : ''}`
      : `${what}, at ${timer.firesAt.toISOString()}`;
    return span('wait', timer.startedAt, end, text);
  });
}

/** Returns the steps of an event other than activities and timers. */
function stepsOf(event: HistoryEvent): Step[] {
  const at = atOf(event);
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal)
    return [instant('message', at, `The message ${signal.signalName ?? ''} arrived${from(signal.identity)}`)];
  const update = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (update) {
    const name = update.acceptedRequest?.input?.name ?? '';
    return [
      instant(
        'message',
        at,
        `The request ${name} arrived and was accepted${from(update.acceptedRequest?.meta?.identity)}`,
      ),
    ];
  }
  const cancelled = event.workflowExecutionCancelRequestedEventAttributes;
  if (cancelled)
    return [instant('message', at, `Cancellation of the job was requested${from(cancelled.identity)}`)];
  const begun = event.childWorkflowExecutionStartedEventAttributes;
  if (begun) return [instant('child', at, `It started the job ${begun.workflowExecution?.workflowId ?? ''}`)];
  const done = event.childWorkflowExecutionCompletedEventAttributes;
  if (done) return [instant('child', at, `The job ${done.workflowExecution?.workflowId ?? ''} completed`)];
  const failed = event.childWorkflowExecutionFailedEventAttributes;
  if (failed) return [instant('child', at, `The job ${failed.workflowExecution?.workflowId ?? ''} failed`)];
  const task = event.workflowTaskFailedEventAttributes;
  if (task && isCodeFailure(task)) {
    const error = toError(task.failure);
    return [
      {
        ...instant('trouble', at, `The workflow's code failed: ${error?.message ?? 'no message'}`),
        ...(error ? { error } : {}),
      },
    ];
  }
  if (event.workflowTaskTimedOutEventAttributes && toMs(event.eventTime) > 0) {
    return [instant('trouble', at, 'A worker took the next step and never responded')];
  }
  return [];
}

function from(identity: string | null | undefined): string {
  return identity ? ` from ${identity}` : '';
}

function instant(kind: StepKind, at: Date, text: string): Step {
  const time = at.toISOString();
  return { kind, at: time, until: time, durationMs: 0, text: sentence(text) };
}

function span(kind: StepKind, at: Date, until: Date | null, text: string): Step {
  return {
    kind,
    at: at.toISOString(),
    until: until?.toISOString() ?? null,
    durationMs: until ? Math.max(0, until.getTime() - at.getTime()) : null,
    text: sentence(text),
  };
}

function sentence(text: string): string {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Steps that began at the same moment are shown in a plausible order. */
function rank({ kind }: Step): number {
  return ['accepted', 'started', 'message'].indexOf(kind) + 1 || (kind === 'end' ? 9 : 5);
}
