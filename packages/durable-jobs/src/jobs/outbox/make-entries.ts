import type { Client } from '@temporalio/client';
import type { RawBuilder } from 'kysely';
import { isDatabaseAway } from '../../database/unavailable.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { failOnOverload, isOverload, isTimeUp } from '../../engine/overload.ts';
import type { AdaptiveLimit } from '../../process/adaptive-limit.ts';
import { hasLimits } from '../limits/admit-entries.ts';
import { buryStart } from './bury-start.ts';
import { backOff, backOffSeconds, keepBehind } from './claimed-entries.ts';
import type { DueStarts } from './due-starts.ts';
import { canWait, type StoredEntry } from './enqueue.ts';
import { createLanes } from './lanes.ts';
import { makeStart, type StartDeps } from './make-start.ts';
import { createOutcomeRecorder } from './outcome-recorder.ts';
import { refusalOf } from './refused-start.ts';
import { isMade, type StartOutcome } from './start-outcome.ts';
import { waitBehind } from './wait-behind.ts';

/** The entry at which the engine was unavailable, or had too much to do. */
export interface Away {
  entry: StoredEntry;
  error: unknown;
}

/** Jobs with a start that was not made, each with the time until its later starts are due, or the open run that they wait for. */
export type NotMade = Map<string, { seconds: number } | { runId: string }>;

/** How the entries of a pass are made, and what is known about them. */
export interface MakeOptions {
  signal: AbortSignal;
  pace: ((signal: AbortSignal) => Promise<void>) | undefined;
  due: DueStarts;
  atOnce: AdaptiveLimit;
  /** Counts what was made and what failed. `more`: more are due than the pass has taken. */
  pass: { made: number; failed: number; readonly more: boolean };
  /** Whether an entry is still the pass's. */
  isOurs: RawBuilder<boolean>;
  /** When no further start may begin, by `performance.now()`. */
  until: number;
  /** Entries behind an earlier start of their job that is not due, with the open run that it waits for. */
  behind: ReadonlyMap<number, string | null>;
  /** Entries that hold the slots of their limits. */
  admitted: ReadonlySet<number>;
  /** Entries whose key is quiet. */
  settled: ReadonlySet<number>;
  /** The errors of entries that could not be checked. */
  faults: ReadonlyMap<number, unknown>;
  notMade: NotMade;
}

/**
 * Time after which a pass begins no further start, if more are due than it has taken: what was committed meanwhile may be more urgent, or
 * another key's turn.
 */
const MOST_PASS_MS = 1_000;
/** The same for a pass that has taken all that is due. */
const MOST_LAST_PASS_MS = 5_000;

/** Time limit of the call that starts a job. */
const CALL_TIMEOUT_MS = 5_000;

/** Time limit of the check whether the engine responds. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Makes the starts of entries in their order: those of one job one after another, those of different jobs side by side. Each that is dealt with is
 * removed from `toMake`. It ends early when its time is up, at an error of the engine, which `away` then has, or at one of the database.
 * @throws the database's error.
 */
export async function makeEntries(
  deps: StartDeps,
  toMake: Set<StoredEntry>,
  { signal, pace, due, atOnce, pass, isOurs, until, behind, admitted, settled, faults, notMade }: MakeOptions,
): Promise<{ away: Away | undefined }> {
  const { db } = deps;
  const recorder = createOutcomeRecorder(db);
  let away: Away | undefined;
  const begunAt = performance.now();
  let hasTried = false;
  /** A failure of the pass rather than of an entry, such as an unavailable database. */
  let failure: { error: unknown } | undefined;
  const hasEnded = (): boolean =>
    signal.aborted || away !== undefined || failure !== undefined || performance.now() > until;
  const isPassOver = (): boolean =>
    hasTried && performance.now() - begunAt > (pass.more ? MOST_PASS_MS : MOST_LAST_PASS_MS);
  let turn = Promise.resolve(true);
  /** Waits for the turn of the next start; false if the pass begins none any more. */
  const waitForTurn = (): Promise<boolean> => {
    turn = turn.then(async () => {
      if (hasEnded() || isPassOver()) return false;
      await pace?.(signal).catch(() => undefined);
      return !hasEnded();
    });
    return turn;
  };

  const make = async (entry: StoredEntry): Promise<void> => {
    const earlier = entry.jobId === null ? undefined : notMade.get(entry.jobId);
    if (earlier && (await keepBehind(db, entry, earlier, isOurs))) return;
    hasTried = true;
    due.served(entry);
    // Checked again, it might be made beside other starts of its job.
    if (entry.jobId === null && faults.has(entry.id)) throw faults.get(entry.id);
    const runId = behind.get(entry.id);
    const begin = performance.now();
    const outcome = await failOnOverload<StartOutcome | undefined>(() =>
      runId && canWait(entry)
        ? waitBehind(deps, entry, { runId, timeoutMs: CALL_TIMEOUT_MS })
        : makeStart(deps, entry, {
            by: 'relay',
            recorder,
            timeoutMs: CALL_TIMEOUT_MS,
            isAdmitted: admitted.has(entry.id),
            hasSettled: settled.has(entry.id),
          }),
    );
    if (outcome && isMade(outcome)) {
      pass.made++;
      atOnce.succeeded(performance.now() - begin);
    }
    if (entry.jobId === null) return;
    if (outcome?.kind === 'waits') notMade.set(entry.jobId, { runId: outcome.runId });
    // It waits at a limit, or is tried again soon.
    else if (!outcome && hasLimits(deps.jobs, entry)) notMade.set(entry.jobId, { seconds: 1 });
  };

  /**
   * Deals with an error of a start; false if it is the engine's, and no entry is to blame.
   * @throws the error if it is the database's.
   */
  const settle = async (entry: StoredEntry, error: unknown): Promise<boolean> => {
    deps.logger.warn({ err: error, jobId: entry.jobId }, 'the relay could not start a job');
    if (isDatabaseAway(error)) throw error;
    const isOfEngine =
      isOverload(error) || (isEngineUnavailable(error) && !(await engineAnswers(deps.client)));
    if (isOfEngine || isTimeUp(error)) atOnce.overloaded();
    if (isOfEngine) {
      away ??= { entry, error };
      return false;
    }
    // One entry that can't be made must not hold up those behind it.
    const refusal = refusalOf(error);
    if (!refusal || !(await buryStart(deps, entry, refusal))) {
      await backOff(db, entry, error, isOurs);
      if (entry.jobId !== null) notMade.set(entry.jobId, { seconds: backOffSeconds(entry) });
    }
    pass.failed++;
    return true;
  };

  const lanes = createLanes<StoredEntry>({
    keyOf: ({ id, jobId }) => jobId ?? `\0${id}`,
    limit: () => atOnce.current,
    async work(entry) {
      if (!(await waitForTurn())) return;
      try {
        if (
          await make(entry).then(
            () => true,
            (error: unknown) => settle(entry, error),
          )
        )
          toMake.delete(entry);
      } catch (error) {
        failure ??= { error };
      }
    },
  });
  for (const entry of toMake) lanes.add(entry);
  await lanes.idle();
  if (failure) throw failure.error;
  return { away };
}

/** Whether the engine responds, so that a failed call is the fault of the entry. */
async function engineAnswers(client: Client): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
