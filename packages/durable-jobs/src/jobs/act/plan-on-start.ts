import { problemKind, type AnyProblem } from '../../http/problem-kinds.ts';
import { jobNotStarted } from '../../http/problem.ts';
import type { Db } from '../../database/connect.ts';
import { kebabCase } from '../kebab-case.ts';
import { leaveToRelay } from '../outbox/enqueue.ts';
import { isExpired } from '../outbox/expiry.ts';
import { hasOtherUnmade, waitsForItsTime, type UndispatchedStart } from '../outbox/find.ts';
import { rescheduleStart } from '../outbox/reschedule.ts';
import { withdrawStarts } from '../outbox/withdraw.ts';
import { endOfStart } from '../read-job.ts';
import type { ActDeps } from './act-deps.ts';
import { startExpiresBefore } from './hold-job.ts';
import type { ActionRequest } from './job-actions.ts';
import { rulesOf, type JobRules } from './job-rules.ts';
import { findRun } from './job-run.ts';
import type { Done, Plan } from './plan.ts';
import { ActionRefusedError } from './refusal.ts';

type Deps = Pick<ActDeps, 'jobs' | 'jobRules'>;

/** A job whose start is committed, while the engine does not know the job yet. */
interface StartOfJob {
  id: string;
  type: string;
  start: UndispatchedStart;
  /** Whether only this start is meant, and not whatever else is to be made for the job. */
  isThisOnly: boolean;
}

/**
 * Checks an action on a committed start, and returns how it is carried out; `start-first` if only a run can do it, so that the start has to
 * be made before.
 * @throws {ActionRefusedError} if the start has ended, or the rules of the job's type forbid the action.
 */
export function planOnStart(deps: Deps, job: StartOfJob, request: ActionRequest): Plan | 'start-first' {
  const { id, type, start, isThisOnly } = job;
  const only = isThisOnly ? start.entryId : undefined;
  requireOpen(start, request);
  const { notPausable } = rulesOf(deps.jobRules, type);
  switch (request.action) {
    case 'cancel':
    case 'terminate':
      return planEndOfStart(deps, { id, type, only }, request.action);
    case 'retry':
      if (request.scope === 'run')
        throw new ActionRefusedError(
          'jobNotRetryable',
          'The job has not started yet: it cannot be started again.',
        );
      return planEarlierStart(start);
    case 'resume':
      throw new ActionRefusedError('jobNotPaused', 'The job has not started yet and is not paused.');
    case 'pause':
      if (notPausable !== undefined) throw new ActionRefusedError('jobNotPausable', notPausable);
      if (start.heldFor === null && start.waitsFor === null && !waitsForItsTime(start)) return 'start-first';
      throw new ActionRefusedError(
        'jobNotPausable',
        'The job has not started yet and cannot be paused: reschedule or cancel it.',
      );
    case 'reschedule': {
      const { at } = request;
      if (notPausable !== undefined) throw new ActionRefusedError('jobNotReschedulable', notPausable);
      if (start.expiresAt && start.expiresAt <= at) throw startExpiresBefore(start.expiresAt);
      return inRows((db) => moveStart(db, id, at, only));
    }
  }
}

/** @throws {ActionRefusedError} if a start is not made anymore. */
function requireOpen(start: UndispatchedStart, { action }: ActionRequest): void {
  const refusal: AnyProblem = action === 'retry' ? 'jobNotRetryable' : 'jobClosed';
  const end = endOfStart(start);
  if (end) {
    const why =
      end.failure === null
        ? `The start was withdrawn at ${end.at.toISOString()}.`
        : start.dead
          ? `The start cannot be made (${end.failure.code}): requeue or discard it among the dead starts.`
          : end.failure.message || 'The start was dropped.';
    throw new ActionRefusedError(refusal, why);
  }
  // A call that makes it may be in progress, so that it is withdrawn nevertheless.
  const isEnding = action === 'cancel' || action === 'terminate';
  if (start.expiresAt && isExpired(start) && !isEnding) {
    throw new ActionRefusedError(refusal, `The start expired at ${start.expiresAt.toISOString()}.`);
  }
}

/**
 * Checks whether a job can be cancelled or terminated whose start is committed and not made yet, without the engine: its start is withdrawn,
 * or its rows are closed so that it has nothing to do when it starts. Nothing is running, so both actions do the same. Without `only`, the id
 * of an entry, all starts of the job are meant.
 * @throws {ActionRefusedError} if the job's rules forbid it, or, when it is carried out, its start was just made or withdrawn.
 */
export function planEndOfStart(
  { jobs, jobRules }: Deps,
  { id, type, only }: { id: string; type: string; only?: number | undefined },
  action: 'cancel' | 'terminate',
): Plan {
  if (!jobs.has(type))
    throw new ActionRefusedError('jobNotCancellable', `The job type ${type} does not exist.`);
  const rules = rulesOf(jobRules, type);
  if (action === 'terminate' && rules.notTerminable !== undefined)
    throw new ActionRefusedError('jobNotTerminable', rules.notTerminable);
  const businessKey = id.slice(kebabCase(type).length + 1);
  return inRows(async (db) => {
    if (only !== undefined) await requireNoOtherStart(db, rules, { id, entryId: only }, action);
    await rules.beforeCancelling?.(db, businessKey);
    return db.transaction().execute(async (trx) => {
      const closed = await rules.withdraw?.(trx, businessKey);
      if (
        !closed?.keepsStart &&
        !(await withdrawStarts(trx, id, { entries: only === undefined ? undefined : [only] }))
      ) {
        throw new ActionRefusedError('jobClosed', 'The job has just started, or its start was withdrawn.');
      }
      return { did: closed?.did ?? 'The start was withdrawn: the job never runs.', starts: [] };
    });
  });
}

/**
 * Checks that the rules of a job's type, which know only its key, would affect nothing but one of its starts: neither an open run nor
 * another start.
 * @throws {ActionRefusedError} if they would.
 */
export async function requireOnlyStart(
  deps: ActDeps,
  { id, type, start }: Pick<StartOfJob, 'id' | 'type' | 'start'>,
  action: 'cancel' | 'terminate',
): Promise<void> {
  const rules = rulesOf(deps.jobRules, type);
  if (!affectsWholeJob(rules)) return;
  // A start that is made between the two is found by the second.
  await requireNoOtherStart(deps.db, rules, { id, entryId: start.entryId }, action);
  const run = await findRun(deps, id);
  if (run?.status === 'open') throw affectsMore(action, 'The job has an open run');
}

async function requireNoOtherStart(
  db: Db,
  rules: JobRules,
  { id, entryId }: { id: string; entryId: number },
  action: 'cancel' | 'terminate',
): Promise<void> {
  if (affectsWholeJob(rules) && (await hasOtherUnmade(db, id, entryId)))
    throw affectsMore(action, 'The job has another start');
}

function affectsWholeJob({ beforeCancelling, withdraw }: JobRules): boolean {
  return beforeCancelling !== undefined || withdraw !== undefined;
}

function affectsMore(action: 'cancel' | 'terminate', what: string): ActionRefusedError {
  return new ActionRefusedError(
    action === 'cancel' ? 'jobNotCancellable' : 'jobNotTerminable',
    `${what}, which would be affected too: ${action} the job itself.`,
  );
}

async function moveStart(db: Db, id: string, at: Date, entryId: number | undefined): Promise<Done> {
  const outcome = await rescheduleStart(db, id, at, entryId);
  if (outcome === 'moved') return { did: `The job starts at ${at.toISOString()}.`, starts: [] };
  if (typeof outcome === 'object') throw startExpiresBefore(outcome.expiresAt);
  throw jobNotStarted('The start may be in progress at this moment: try again, or cancel the job.');
}

/**
 * Ends the back-off of a start.
 * @throws {ActionRefusedError} if it waits for something else.
 */
function planEarlierStart({ entryId, heldFor, waitsFor, startAt }: UndispatchedStart): Plan {
  if (heldFor !== null || waitsFor !== null) {
    throw new ActionRefusedError(
      'jobNotRetryable',
      'The job has been accepted and starts after what it waits for.',
    );
  }
  if (startAt && startAt.getTime() > Date.now()) {
    throw new ActionRefusedError(
      'jobNotRetryable',
      `The job has been accepted and starts at ${startAt.toISOString()}: reschedule it.`,
    );
  }
  return inRows(async (db) => {
    await leaveToRelay(db, entryId);
    return { did: 'The job has been accepted and is about to start.', starts: [] };
  });
}

function inRows(changeRows: (db: Db) => Promise<Done>): Plan {
  return { changeRows };
}

/** Whether an action was refused as its start was just made, or withdrawn. */
export function isJustMade(error: unknown): boolean {
  return error instanceof ActionRefusedError && error.kind === problemKind('jobClosed');
}
