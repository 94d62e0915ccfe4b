import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { pauseJobSignal, rescheduleJobSignal, resumeJobSignal } from '../signals.ts';
import { noteMovedStart } from '../run-records/moved-starts.ts';
import { moveAttempt, pauseActivity, requirePostponable, resumeActivity } from './attempts.ts';
import { closed, justClosed } from './end-job.ts';
import type { ActDeps } from './act-deps.ts';
import { summariseHistory, type HistorySummary, type TimerTrack } from '../run-state/history.ts';
import { rulesOf } from './job-rules.ts';
import type { JobRun } from './job-run.ts';
import { carryOutPlan, type Done, type Plan } from './plan.ts';
import { activityStateOf, isPaused, isRunning } from '../run-state/pending-activity.ts';
import { ActionRefusedError } from './refusal.ts';

/**
 * Checks whether a run can be paused: no attempt of an activity begins then, and what the run waits for does not happen. An attempt in
 * progress ends by itself. Repeats have no effect.
 * @throws {ActionRefusedError} `jobNotPausable` or `jobClosed`.
 */
export async function planPause(deps: ActDeps, run: JobRun, reason: string): Promise<Plan> {
  const { db, client } = deps;
  if (run.status !== 'open') throw closed(run);
  const { notPausable, ownPause, waitsForTimes } = rulesOf(deps.jobRules, run.type);
  if (notPausable !== undefined) throw new ActionRefusedError('jobNotPausable', notPausable);
  if (isHistoryFull(run)) throw new ActionRefusedError('jobNotPausable', HISTORY_FULL);
  if (ownPause) {
    return atEngine(async () => {
      await signal(client, run, ownPause.pause.signal);
      return ownPause.pause.did;
    });
  }
  if (run.startsAt) {
    const startAt = run.startsAt.toISOString();
    return atEngine(async () => {
      await noteMovedStart(db, { jobId: run.id, runId: run.runId });
      await signalBeforeStart(deps, run, pauseJobSignal.name, { startAt });
      return `Paused: the job does not start at ${startAt} unless it is resumed before that time; otherwise it starts when it is resumed.`;
    });
  }
  const activities = run.pending.filter(
    (activity) => !isPaused(activity) && activityStateOf(activity) !== 'cancelling',
  );
  // A job that waits only for its start or for a time is paused by a message.
  const hears = waitsForTimes ?? (run.isIdle && openTimer(await readHistory(client, run)) !== undefined);
  if (!hears && run.pending.length === 0) {
    throw new ActionRefusedError(
      'jobNotPausable',
      run.isIdle
        ? 'The job is waiting for another job.'
        : 'The job is between two steps: try again in a moment.',
    );
  }
  if (!hears && run.pending.every((activity) => activityStateOf(activity) === 'cancelling')) {
    throw new ActionRefusedError('jobNotPausable', 'Cancellation of the job is in progress.');
  }
  return atEngine(async () => {
    for (const { activityId } of activities) await pauseActivity(client, run, activityId ?? '', reason);
    if (hears) await signal(client, run, pauseJobSignal.name, {});
    const paused = activities.map(
      (activity) =>
        `${activity.activityType?.name ?? ''} (${isRunning(activity) ? 'the current attempt finishes, and no other attempt begins' : 'no attempt begins'})`,
    );
    return `Paused: ${[...paused, ...(hears ? ['the workflow'] : [])].join(', ')}.`;
  });
}

/**
 * Checks whether a paused run can be resumed. What became due meanwhile happens immediately then; an attempt whose time is in the future
 * keeps it.
 * @throws {ActionRefusedError} `jobNotPaused` or `jobClosed`.
 */
export async function planResumption({ client, jobRules }: ActDeps, run: JobRun): Promise<Plan> {
  if (run.status !== 'open') throw closed(run);
  const { ownPause } = rulesOf(jobRules, run.type);
  if (ownPause) {
    return atEngine(async () => {
      await signal(client, run, ownPause.resume.signal);
      return ownPause.resume.did;
    });
  }
  const activities = run.pending.filter(isPaused);
  const held = (await readHistory(client, run)).heldBack !== undefined;
  if (activities.length === 0 && !held) {
    throw new ActionRefusedError('jobNotPaused', 'The job is not paused.');
  }
  return atEngine(async () => {
    const names: string[] = [];
    for (const activity of activities) {
      const at = await resumeActivity(client, run, activity);
      const name = activity.activityType?.name ?? '';
      names.push(at ? `${name} (its next attempt begins at ${at.toISOString()})` : name);
    }
    if (held) await signal(client, run, resumeJobSignal.name);
    return `Resumed: ${[...names, ...(held ? ['the workflow'] : [])].join(', ')}.`;
  });
}

/**
 * Moves the time that an open run waits for: of its start, of its timer, or of its next attempt.
 * @throws {ActionRefusedError} `jobNotReschedulable` or `jobClosed`.
 */
export async function rescheduleRun(deps: ActDeps, run: JobRun, at: Date): Promise<Done> {
  return carryOutPlan(deps.db, await planReschedule(deps, run, at));
}

/** Checks whether a run can be rescheduled, see {@link rescheduleRun}. */
export async function planReschedule(deps: ActDeps, run: JobRun, at: Date): Promise<Plan> {
  const { db, client } = deps;
  if (run.status !== 'open') throw closed(run);
  // Moving it far into the future would amount to a pause.
  const { notPausable, ownPause } = rulesOf(deps.jobRules, run.type);
  if (notPausable !== undefined) throw new ActionRefusedError('jobNotReschedulable', notPausable);
  if (isHistoryFull(run)) throw new ActionRefusedError('jobNotReschedulable', HISTORY_FULL);
  const text = at.toISOString();
  const { startsAt } = run;
  if (startsAt) {
    if (run.expiresAt && run.expiresAt <= at) throw startExpiresBefore(run.expiresAt);
    return atEngine(async () => {
      // Recorded before the engine is called: the check removes an unnecessary record, but a missing one would hide the job.
      await noteMovedStart(db, { jobId: run.id, runId: run.runId });
      await signalBeforeStart(deps, run, rescheduleJobSignal.name, { at: text });
      return `The job starts at ${text} instead of ${startsAt.toISOString()}.`;
    });
  }
  const history = await readHistory(client, run);
  const timer = ownPause ? undefined : openTimer(history);
  if (timer) {
    return atEngine(async () => {
      await signal(client, run, rescheduleJobSignal.name, { at: text });
      return `Moved to ${text}: ${timer.summary ?? 'a timer'}.`;
    });
  }
  // Messages about the start have ended the engine's own delay; further messages arrive in time until the workflow's code has handled them.
  if (history.postponedTo) {
    return atEngine(async () => {
      await signal(client, run, rescheduleJobSignal.name, { at: text });
      return `The job starts at ${text}.`;
    });
  }
  const waiting = run.pending.filter((activity) => activityStateOf(activity) === 'backing-off');
  if (waiting.length === 0) {
    const isHeldBack = run.pending.some(isPaused) || history.heldBack !== undefined;
    throw new ActionRefusedError(
      'jobNotReschedulable',
      isHeldBack
        ? 'The job is paused: resume it first.'
        : 'The job is not waiting for a time that can be moved.',
    );
  }
  for (const activity of waiting) requirePostponable(activity, at);
  return atEngine(async () => {
    for (const activity of waiting) await moveAttempt(client, run, activity, at);
    const names = waiting.map((activity) => activity.activityType?.name).join(', ');
    return `The next attempt begins at ${text}: ${names}.`;
  });
}

/** The refusal to move a start to a time after its expiry. */
export function startExpiresBefore(expiresAt: Date): ActionRefusedError {
  return new ActionRefusedError(
    'jobNotReschedulable',
    `Its start expires at ${expiresAt.toISOString()}: the new time must be earlier.`,
  );
}

/**
 * History length above which a run receives no more messages that pause or move it: each adds events, and the engine ends a run at 51,200.
 * Jobs that accept messages without limit continue as new long before.
 */
const LONGEST_HISTORY = 20_000;
const HISTORY_FULL = `The history of the job has ${LONGEST_HISTORY} events or more: it accepts no further messages of this kind.`;

function isHistoryFull({ historyLength }: JobRun): boolean {
  return historyLength >= LONGEST_HISTORY;
}

async function readHistory(client: Client, run: JobRun): Promise<HistorySummary> {
  const { events } = await client.workflow.getHandle(run.id, run.runId).fetchHistory();
  return summariseHistory(events ?? []);
}

/** The durable timer that a run waits for; undefined if none is open. */
function openTimer({ timers }: HistorySummary): TimerTrack | undefined {
  return timers.findLast(({ ended }) => !ended);
}

/** A plan of calls to the engine that return what was done. */
function atEngine(call: () => Promise<string>): Plan {
  return { callEngine: async () => ({ did: await call(), starts: [] }) };
}

async function signal(client: Client, run: JobRun, name: string, ...args: object[]): Promise<void> {
  try {
    await client.workflow.getHandle(run.id, run.runId).signal(name, ...args);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw justClosed();
    throw error;
  }
}

/**
 * Sends a message to a run whose start the engine is delaying. A signal alone would wait for that start; a signal-with-start ends the
 * delay, and the workflow waits for the rest itself. It never begins another run, because one exists.
 */
async function signalBeforeStart(
  { client, jobs }: ActDeps,
  run: JobRun,
  name: string,
  argument: object,
): Promise<void> {
  try {
    await client.workflow.signalWithStart(run.type, {
      workflowId: run.id,
      taskQueue: jobs.get(run.type).taskQueue,
      args: [] as never,
      signal: name,
      signalArgs: [argument],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw justClosed();
    throw error;
  }
}
