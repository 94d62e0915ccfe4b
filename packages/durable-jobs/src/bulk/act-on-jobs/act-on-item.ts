import { notFound, jobNotStarted } from '../../http/problem.ts';
import { callEngine } from '../../engine/engine-call.ts';
import type { ActDeps } from '../../jobs/act/act-deps.ts';
import { planOnRun } from '../../jobs/act/act.ts';
import type { ActionRequest } from '../../jobs/act/job-actions.ts';
import { findRun, type JobRun } from '../../jobs/act/job-run.ts';
import { carryOutPlan, tryPlan, type Done, type Plan } from '../../jobs/act/plan.ts';
import { isJustMade, planOnStart, requireOnlyStart } from '../../jobs/act/plan-on-start.ts';
import { ActionRefusedError } from '../../jobs/act/refusal.ts';
import { leaveToRelay } from '../../jobs/outbox/enqueue.ts';
import {
  findMadeStart,
  findUndispatchedStart,
  isRunOfAnotherStart,
  wasMade,
  type MadeStart,
  type UndispatchedStart,
} from '../../jobs/outbox/find.ts';
import { withdrawalOf } from '../../jobs/outbox/withdraw.ts';
import { isRetried } from '../../jobs/run-records/job-retries.ts';
import type { ActOnJobItem } from './act-on-jobs.ts';

/** The clocks of the engine and the database may differ by this. */
const CLOCK_SKEW_MS = 2_000;

/** The refusal of an action on a run that is already in the state that the action leads to. */
export class AlreadyDoneError extends ActionRefusedError {}

/**
 * Acts on the run or start that an item names, and on no other of its job. Returns the starts to make.
 * @throws {AlreadyDoneError} if nothing was left to do, for example because of an earlier attempt.
 * @throws {Problem} with the reason if it is refused.
 */
export async function actOnItem(deps: ActDeps, item: ActOnJobItem): Promise<Done['starts']> {
  const act = () =>
    callEngine(deps.client, async () => {
      const plan = await planItem(deps, item);
      if (plan === 'start-first') {
        if (item.startId !== undefined) await leaveToRelay(deps.db, item.startId);
        throw jobNotStarted();
      }
      return (await carryOutPlan(deps.db, plan)).starts;
    });
  try {
    return await act();
  } catch (error) {
    const { startId } = item;
    if (startId === undefined || !isJustMade(error) || !(await wasMade(deps.db, startId))) throw error;
    // Its start was just made, so the action applies to that run.
    return await act();
  }
}

/**
 * Checks what {@link actOnItem} would do, without any effect.
 * @throws {Problem} with the reason if it would be refused.
 */
export async function tryItem(deps: ActDeps, item: ActOnJobItem): Promise<void> {
  const plan = await callEngine(deps.client, () => planItem(deps, item));
  if (plan !== 'start-first') await tryPlan(deps.db, plan);
}

async function planItem(deps: ActDeps, item: ActOnJobItem): Promise<Plan | 'start-first'> {
  const { jobId: id, runId, startId } = item;
  const request = requestOf(item);
  // What the job waits for now may be something else than when the item was accepted, or moved by an earlier attempt.
  if (request.action === 'reschedule' && request.at.getTime() <= Date.now())
    throw new ActionRefusedError('jobNotReschedulable', 'The time to which it should move has passed.');
  if (startId === undefined) return planOnNamedRun(deps, id, runId ?? '', request);
  const start = await findUndispatchedStart(deps.db, id, startId);
  if (start) return planOnNamedStart(deps, id, start, request);
  const made = await findMadeStart(deps.db, id, startId);
  if (!made) throw notFound('start');
  if (made.isWithdrawn && isEnding(request)) throw alreadyWithdrawn('The start was withdrawn.');
  if (made.runId === null || !(await hasMadeItsRun(deps, id, startId, made)))
    throw new ActionRefusedError(
      request.action === 'retry' ? 'jobNotRetryable' : 'jobClosed',
      'The start met another run of the job, and made none.',
    );
  return planOnNamedRun(deps, id, made.runId, request);
}

/**
 * Whether a start has made the run that is recorded for it. A start with a signal is recorded as delivered, whether it has made the run or
 * reached one: the run is its own if it began after the start was committed, and belongs to no other start.
 */
async function hasMadeItsRun(
  deps: ActDeps,
  id: string,
  startId: number,
  { outcome, runId, createdAt }: MadeStart,
): Promise<boolean> {
  if (outcome !== 'delivered' || runId === null) return outcome === 'started';
  const run = await findRun(deps, id, runId);
  if (!run || run.startedAt.getTime() < createdAt.getTime() - CLOCK_SKEW_MS) return false;
  return !(await isRunOfAnotherStart(deps.db, { id: startId, jobId: id }, runId));
}

async function planOnNamedStart(
  deps: ActDeps,
  id: string,
  start: UndispatchedStart,
  request: ActionRequest,
): Promise<Plan | 'start-first'> {
  const { jobType: type, withdrawnAt } = start;
  // An undecided one may be restored.
  if (isEnding(request) && withdrawnAt && (await withdrawalOf(deps.db, start.entryId)) === 'withdrawn')
    throw alreadyWithdrawn(`The start was withdrawn at ${withdrawnAt.toISOString()}.`);
  const plan = planOnStart(deps, { id, type, start, isThisOnly: true }, request);
  if (isEnding(request)) await requireOnlyStart(deps, { id, type, start }, request.action);
  return plan;
}

function isEnding(request: ActionRequest): request is ActionRequest & { action: 'cancel' | 'terminate' } {
  return request.action === 'cancel' || request.action === 'terminate';
}

function alreadyWithdrawn(message: string): AlreadyDoneError {
  return new AlreadyDoneError('jobClosed', message);
}

async function planOnNamedRun(
  deps: ActDeps,
  id: string,
  runId: string,
  request: ActionRequest,
): Promise<Plan> {
  const newest = await findRun(deps, id);
  const run = newest?.runId === runId ? newest : await findRun(deps, id, runId);
  if (!run) throw notFound('run');
  await requireLeftToDo(deps, run, request);
  if (run !== newest) throw new ActionRefusedError('jobClosed', 'The job has a newer run.');
  return planOnRun(deps, run, request);
}

/** @throws {AlreadyDoneError} if the run is already in the requested state, for example because of an earlier attempt. */
async function requireLeftToDo({ db }: ActDeps, run: JobRun, request: ActionRequest): Promise<void> {
  if (request.action === 'cancel' && run.status === 'cancelled')
    throw new AlreadyDoneError('jobClosed', 'The job is cancelled.');
  const mayStartRun = request.action === 'retry' && request.scope !== 'attempt';
  if (mayStartRun && run.status !== 'open' && (await isRetried(db, run)))
    throw new AlreadyDoneError('jobNotRetryable', 'This run has already been retried.');
}

function requestOf({ action, scope, at, reason }: ActOnJobItem): ActionRequest {
  if (action === 'retry') return { action, scope, reason };
  if (action !== 'reschedule') return { action, reason };
  if (!at) throw new TypeError('a reschedule has a time');
  return { action, at, reason };
}
