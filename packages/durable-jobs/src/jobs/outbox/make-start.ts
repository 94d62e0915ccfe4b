import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import { isOpen } from '../../engine/run-status.ts';
import { startsMade } from '../../telemetry/job-metrics.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ActDeps } from '../act/act-deps.ts';
import { rescheduleRun } from '../act/hold-job.ts';
import { findRun } from '../act/job-run.ts';
import { ActionRefusedError } from '../act/refusal.ts';
import { debounceStarts } from '../debounce/debounce-starts.ts';
import { giveBackSlots, noteTry, type Try } from '../limits/admit.ts';
import { admitEntries, hasLimits } from '../limits/admit-entries.ts';
import { limitsOf } from '../limits/limits-of.ts';
import { noteReplaced } from '../limits/note-replaced.ts';
import { checkStart } from './check-start.ts';
import type { OutboxEntry, StoredEntry } from './enqueue.ts';
import { isExpired, settleExpired } from './expiry.ts';
import { performEntry } from './perform.ts';
import { isRunOfAnotherStart } from './find.ts';
import { dropWithdrawn, recordOutcome } from './record-outcome.ts';
import type { OutcomeRecorder } from './outcome-recorder.ts';
import { refusalOf } from './refused-start.ts';
import { isMade, type StartOutcome } from './start-outcome.ts';
import { isStillToMake } from './still-to-make.ts';
import { keepUndecided, withdrawalOf } from './withdraw.ts';

/** Dependencies of starts. */
export interface StartDeps extends ActDeps {
  logger: Logger;
}

/** How a start is made. */
export interface Making {
  by: 'request' | 'relay';
  /** Records the outcomes of many starts together. */
  recorder: OutcomeRecorder;
  /** Time limit of the call that starts it, in milliseconds. */
  timeoutMs: number;
  /** Whether it holds the slots of its limits; unknown by default. */
  isAdmitted?: boolean;
  /** Whether its key is quiet, if its job is debounced; unknown by default. */
  hasSettled?: boolean;
  /** When the entry was committed or found not to be withdrawn, by `performance.now()`; unknown if it was claimed. */
  knownAt?: number;
}

/** For how long a start may be made without a look whether it was withdrawn. */
const FRESH_MS = 50;

/** Tolerated difference between our clock and the engine's. */
const CLOCK_SKEW_MS = 2_000;

/** Time limit of calls to the engine about a withdrawn start. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Makes an entry's start and records its outcome; undefined if it was withdrawn, has expired, is held, has to wait at a limit, or waits
 * until its key is quiet. If the start was withdrawn in the meantime, its run is cancelled before that is recorded; if it was moved, its run
 * begins at the new time. After a crash in between, the relay repeats this. Repeats are safe.
 * @throws the client's error if the engine does not respond, or refuses; {@link StartRefusedError} if the start can't be made.
 */
export async function makeStart(
  deps: StartDeps,
  stored: StoredEntry,
  { by, recorder, timeoutMs, isAdmitted = false, hasSettled = false, knownAt = -Infinity }: Making,
): Promise<StartOutcome | undefined> {
  const { db } = deps;
  const { jobId } = stored;
  if (jobId !== null) {
    const isFresh = performance.now() - knownAt <= FRESH_MS && !stored.withdrawnAt;
    const withdrawal = isFresh ? 'none' : await withdrawalOf(db, stored.id);
    if (withdrawal === 'withdrawn') await confirmWithdrawal(deps, { ...stored, jobId });
    if (withdrawal !== 'none') return undefined;
  }
  if (stored.isHeld) return undefined;
  if (isExpired(stored)) {
    if (by === 'relay') await settleExpired(deps, stored);
    return undefined;
  }
  const entry = await checkStart(deps, stored);
  if (!hasSettled && (await debounceStarts(deps, [entry], by)).has(entry.id)) return undefined;
  const isLimited = hasLimits(deps.jobs, entry);
  const tried = isLimited ? await meetLimits(deps, entry, { by, isAdmitted }) : undefined;
  if (isLimited && tried === undefined) {
    startsMade.inc({ by, outcome: 'waiting' });
    return undefined;
  }
  const outcome = await performEntry(deps, entry, { by, timeoutMs }).catch(async (error: unknown) => {
    if (isLimited && refusalOf(error)) await giveBackSlots(db, entry.id, tried);
    throw error;
  });
  // The process that made it at an earlier time may have died before it moved the run.
  if (by === 'relay' && entry.startAt && outcome.kind === 'started')
    await moveRun(deps, entry, outcome.runId, entry.startAt);
  let known = entry;
  for (;;) {
    if (await recorder.record(known, outcome)) return outcome;
    const recorded = await recordOutcome(db, known, outcome);
    if (recorded === 'recorded') {
      if (isLimited && !isMade(outcome)) await giveBackSlots(db, entry.id, tried);
      return outcome;
    }
    if (recorded === 'withdrawn') {
      // The rules of its job decide on its run, as on every other.
      if (isMade(outcome) && (await keepUndecided(db, entry.id))) continue;
      break;
    }
    await moveRun(deps, entry, outcome.runId, recorded.movedTo);
    known = { ...entry, startAt: recorded.movedTo };
  }
  if (isMade(outcome)) {
    await deps.client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => cancelRun(deps, entry, outcome.runId));
    await recordOutcome(db, known, outcome, { evenIfWithdrawn: true });
  } else if ((await withdrawalOf(db, entry.id)) === 'withdrawn') {
    await dropWithdrawn(db, entry);
  }
  return undefined;
}

/**
 * Returns the try of a start that may be made now: it holds a slot of each limit of its job. Otherwise, it waits for them. One that is for a
 * later time waits for that first, in the outbox, so that it holds no slot meanwhile.
 */
async function meetLimits(
  deps: StartDeps,
  entry: OutboxEntry,
  { by, isAdmitted }: Pick<Making, 'by'> & { isAdmitted: boolean },
): Promise<Try | undefined> {
  const { db, logger } = deps;
  if (await isDeferred(db, entry)) {
    await giveBackSlots(db, entry.id);
    return undefined;
  }
  if (isAdmitted) {
    const keys = limitsOf(deps.jobs.get(entry.jobType), entry.input).map(({ limitKey }) => limitKey);
    const tried = await noteTry(db, entry.id, keys);
    if (tried !== undefined) return tried;
  }
  const { tries, replaced } = await admitEntries(deps, [entry], 'try');
  noteReplaced(logger, by, replaced);
  return tries.get(entry.id);
}

/** Defers an entry until its time, if that is to come. */
async function isDeferred(db: StartDeps['db'], { id, startAt }: OutboxEntry): Promise<boolean> {
  if (startAt === null) return false;
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`start_at` })
    .where('id', '=', id)
    .where('startAt', '>', sql<Date>`now()`)
    .where(sql<boolean>`${isStillToMake} AND NOT is_held`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ensures that no run of a withdrawn start is left: a call that was in progress may have reached the engine. */
async function confirmWithdrawal(deps: StartDeps, entry: OutboxEntry): Promise<void> {
  const { db, client, logger } = deps;
  await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    try {
      const run = await client.workflow.getHandle(entry.jobId).describe();
      const { runId, startTime } = run;
      if (!isOpen(run) || startTime.getTime() < entry.acceptedAt.getTime() - CLOCK_SKEW_MS) return;
      if (await cancelRun(deps, entry, runId))
        logger.warn(
          { jobId: entry.jobId, runId },
          'a withdrawn start had already been made; the cancellation of its run was requested',
        );
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  });
  await dropWithdrawn(db, entry);
}

/** Moves a run's start to another time, unless the run has begun. */
async function moveRun(deps: StartDeps, { jobId }: OutboxEntry, runId: string, at: Date): Promise<void> {
  const { client, logger } = deps;
  await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    const run = await findRun(deps, jobId, runId);
    if (!run?.startsAt || Math.abs(run.startsAt.getTime() - at.getTime()) <= CLOCK_SKEW_MS) return;
    try {
      await rescheduleRun(deps, run, at);
    } catch (error) {
      if (!(error instanceof ActionRefusedError)) throw error;
      logger.warn(
        { jobId, runId, reason: error.message },
        'a start was rescheduled too late; the job had already started',
      );
    }
  });
}

/**
 * Requests the cancellation of a run that a withdrawn start may have made; false if the run is that of another start, which was accepted
 * for the same job after the withdrawal. `runId` must have been read before: a start that is committed later makes another run.
 */
async function cancelRun({ db, client }: StartDeps, entry: OutboxEntry, runId: string): Promise<boolean> {
  if (await isRunOfAnotherStart(db, entry, runId)) return false;
  await client.workflow.getHandle(entry.jobId, runId).cancel();
  return true;
}
