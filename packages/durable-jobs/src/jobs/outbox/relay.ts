import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { isDatabaseAway } from '../../database/unavailable.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { failOnOverload, isOverload, isTimeUp } from '../../engine/overload.ts';
import { createAdaptiveLimit, type AdaptiveLimit } from '../../process/adaptive-limit.ts';
import { isDebounced } from '../debounce/debounce-of.ts';
import { hasLimits } from '../limits/admit-entries.ts';
import { noteReplaced } from '../limits/note-replaced.ts';
import { buryStart } from './bury-start.ts';
import { backOff, backOffSeconds, giveBack, isUnderLease, keepBehind } from './claimed-entries.ts';
import { DueStarts } from './due-starts.ts';
import { canWait, type StoredEntry } from './enqueue.ts';
import { createLanes } from './lanes.ts';
import { makeStart, type StartDeps } from './make-start.ts';
import { NEVER } from './never.ts';
import { createOutcomeRecorder } from './outcome-recorder.ts';
import { checkAll, debounceAll, findBehind, reserveSlots } from './prepare-entries.ts';
import { refusalOf } from './refused-start.ts';
import { isMade, type StartOutcome } from './start-outcome.ts';
import { areToSettle } from './still-to-make.ts';
import { waitBehind } from './wait-behind.ts';

/** The result of a pass over the outbox. */
export interface RelayPass {
  /** How many starts it made. */
  made: number;
  /** Number of entries that could not be made; each backs off separately. */
  failed: number;
  /** The error of an engine that is unavailable or has too much to do: the pass ended there, and no entry is to blame. */
  engineAway: unknown;
  /** When the next entry is due if nothing is now; undefined if there is more at once, or nothing at all. */
  nextAt: Date | undefined;
  /** Whether more may be due at once. */
  more: boolean;
}

/** What consecutive passes share, and what ends one. */
export interface RelayOptions {
  signal?: AbortSignal;
  /** Awaited before each start, by one start at a time. */
  pace?: (signal: AbortSignal) => Promise<void>;
  /** Remembers the turns of keys. */
  due?: DueStarts;
  /** How many starts are made at once. */
  atOnce?: AdaptiveLimit;
}

/** The most starts that the relay makes at once: each may need a connection of the pool, which others use as well. */
export const MOST_AT_ONCE = 16;

/** Entries that one pass takes. */
const BATCH = 50;

/**
 * Time after which a pass begins no further start, if more are due than it has taken: what was committed meanwhile may be more urgent, or
 * another key's turn.
 */
const MOST_PASS_MS = 1_000;
/** The same for a pass that has taken all that is due. */
const MOST_LAST_PASS_MS = 5_000;

/**
 * Lease of the entries that a pass has claimed. It is much longer than a pass takes; a slower pass stops at half of it, and the entries of
 * a process that died become available when it expires.
 */
const LEASE_MS = 60_000;

/** Time limit of the call that starts a job. */
const CALL_TIMEOUT_MS = 5_000;

/** Time limit of the check whether the engine responds. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Makes one pass over due entries, by priority and in turns between keys, oldest first. Entries are claimed in a short transaction, and the
 * engine is called outside of any, so no lock is held during a call. Those of one job are made one after another, in their order, and those of
 * different jobs side by side. Passes may run concurrently; each entry belongs to one pass at a time.
 */
export async function relayOnce(
  deps: StartDeps,
  {
    signal = new AbortController().signal,
    pace,
    due = new DueStarts(),
    atOnce = createAdaptiveLimit(MOST_AT_ONCE),
  }: RelayOptions = {},
): Promise<RelayPass> {
  const { db } = deps;
  const recorder = createOutcomeRecorder(db);
  const takenAt = performance.now();
  await due.check(deps);
  const claimed = await due.take(db, BATCH, LEASE_MS);
  const pass: RelayPass = {
    made: 0,
    failed: 0,
    engineAway: undefined,
    nextAt: undefined,
    more: claimed.length >= BATCH,
  };
  // All of them are claimed with one statement.
  const isOurs = isUnderLease(claimed[0]?.lease);
  let left: ReadonlySet<StoredEntry> = new Set(claimed);
  /** The entry at which the engine was unavailable. */
  let away: { entry: StoredEntry; error: unknown } | undefined;
  /** Jobs with a start that was not made, each with the time until its later starts are due, or the open run that they wait for. */
  const notMade = new Map<string, { seconds: number } | { runId: string }>();
  try {
    const { entries: inspected, faults } = await checkAll(deps, claimed);
    const checked = due.inTurn(inspected);
    const { notNow, settled } = await debounceAll(deps, checked);
    let entries = checked.filter(({ id }) => !notNow.has(id));
    left = new Set(entries);
    const behind = await findBehind(db, entries);
    entries = entries.filter(({ id }) => behind.get(id) !== null);
    left = new Set(entries);
    const { admitted, waiting, replaced, errors } = await reserveSlots(
      deps,
      // One that is yet to wait for others holds no slot meanwhile.
      entries.filter(
        (entry) => !behind.has(entry.id) && (settled.has(entry.id) || !isDebounced(deps.jobs, entry)),
      ),
    );
    noteReplaced(deps.logger, 'relay', replaced);
    for (const error of errors) deps.logger.warn({ err: error }, 'the slots of a limit could not be given');
    for (const { id, jobId } of entries)
      if (waiting.has(id) && jobId !== null) notMade.set(jobId, { seconds: 1 });
    entries = entries.filter(({ id }) => !waiting.has(id));
    const toMake = new Set(entries);
    left = toMake;
    const begunAt = performance.now();
    let hasTried = false;
    /** A failure of the pass rather than of an entry, such as an unavailable database. */
    let failure: { error: unknown } | undefined;
    const hasEnded = (): boolean =>
      signal.aborted ||
      away !== undefined ||
      failure !== undefined ||
      performance.now() - takenAt > LEASE_MS / 2;
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
    for (const entry of entries) lanes.add(entry);
    await lanes.idle();
    if (failure) throw failure.error;
  } finally {
    if (left.size > 0) await giveBack(db, [...left], away, isOurs);
  }
  pass.engineAway = away?.error;
  if (pass.made > 0) deps.logger.info({ made: pass.made }, 'the outbox relay started pending jobs');
  if (left.size > 0) pass.more = true;
  else if (!pass.more) {
    const { at, isDue } = await nextDue(db);
    // It may be in keys that this pass has not looked at.
    pass.more = due.isPartial && isDue;
    if (!pass.more) pass.nextAt = at ?? undefined;
  }
  return pass;
}

/** Returns when the next entry is due, null if none is left, and whether that time has come. */
async function nextDue(db: Db): Promise<{ at: Date | null; isDue: boolean }> {
  return db
    .selectFrom('outbox')
    .select([
      sql<Date | null>`min(next_attempt_at)`.as('at'),
      sql<boolean>`coalesce(min(next_attempt_at) <= now(), false)`.as('isDue'),
    ])
    .where(areToSettle)
    .where('nextAttemptAt', '<', NEVER)
    .executeTakeFirstOrThrow();
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
