import type { Client } from '@temporalio/client';
import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { errorMessage } from '../../process/errors.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { buryStart } from './bury-start.ts';
import { checkStart } from './check-start.ts';
import { admitEntries, hasLimits } from '../limits/admit-entries.ts';
import { isDebounced } from '../debounce/debounce-of.ts';
import { debounceStarts } from '../debounce/debounce-starts.ts';
import { noteReplaced } from '../limits/note-replaced.ts';
import { deferBehind } from './defer-behind.ts';
import { DueStarts } from './due-starts.ts';
import type { Admission } from '../limits/admit.ts';
import { canWait, type OutboxEntry, type StoredEntry } from './enqueue.ts';
import { isExpired } from './expiry.ts';
import { makeStart, type StartDeps } from './make-start.ts';
import { NEVER } from './never.ts';
import { createOutcomeRecorder } from './outcome-recorder.ts';
import { recordOutcome } from './record-outcome.ts';
import { refusalOf } from './refused-start.ts';
import { isMade } from './start-outcome.ts';
import { areToSettle, isStillToMake, isToSettle } from './still-to-make.ts';
import { waitBehind } from './wait-behind.ts';

/** The result of a pass over the outbox. */
export interface RelayPass {
  /** How many starts it made. */
  made: number;
  /** Number of entries that could not be made; each backs off separately. */
  failed: number;
  /** The error of an unavailable engine: the pass ended there, and no entry is to blame. */
  engineAway: unknown;
  /** When the next entry is due if nothing is now; undefined if there is more at once, or nothing at all. */
  nextAt: Date | undefined;
  /** Whether more may be due at once. */
  more: boolean;
}

/** Entries that one pass takes. */
const BATCH = 50;

/**
 * Time after which a pass begins no further start, if more are due than it has taken: what was committed meanwhile may be more urgent, or
 * another key's turn.
 */
const MOST_PASS_MS = 1_000;
/** The same for a pass that has taken all that is due. */
const MOST_LAST_PASS_MS = 5_000;

/** Time after which a pass gives no further slots before its starts, so that those without limits are not late. */
const MOST_RESERVE_MS = 300;

/**
 * Lease of the entries that a pass has claimed. It is much longer than a pass takes; a slower pass stops at half of it, and the entries of
 * a process that died become available when it expires.
 */
const LEASE_MS = 60_000;

const MAX_BACK_OFF_SECONDS = 300;

/** Time limit of the call that starts a job. */
const CALL_TIMEOUT_MS = 5_000;

/** Time limit of the check whether the engine responds. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Makes one pass over due entries, by priority and in turns between keys, oldest first. Entries are claimed in a short transaction, and the
 * engine is called outside of any, so no lock is held during a call. Passes may run concurrently; each entry belongs to one pass at a time.
 * `pace` is awaited before each start. `due` remembers the turns from pass to pass.
 */
export async function relayOnce(
  deps: StartDeps,
  {
    signal,
    pace,
    due = new DueStarts(),
  }: { signal?: AbortSignal; pace?: (signal: AbortSignal) => Promise<void>; due?: DueStarts } = {},
): Promise<RelayPass> {
  const { db } = deps;
  const stop = signal ?? new AbortController().signal;
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
  let left: StoredEntry[] = claimed;
  let hasTried = false;
  /** Jobs with a start that was not made, each with the time until its later starts are due, or the open run that they wait for. */
  const notMade = new Map<string, { seconds: number } | { runId: string }>();
  try {
    const checked = due.inTurn(await checkAll(deps, claimed));
    const { notNow, settled } = await debounceAll(deps, checked);
    left = checked.filter(({ id }) => !notNow.has(id));
    const behind = await findBehind(db, left);
    left = left.filter(({ id }) => behind.get(id) !== null);
    const { admitted, waiting, replaced, errors } = await reserveSlots(
      deps,
      // One that is yet to wait for others holds no slot meanwhile.
      left.filter(
        (entry) => !behind.has(entry.id) && (settled.has(entry.id) || !isDebounced(deps.jobs, entry)),
      ),
    );
    noteReplaced(deps.logger, 'relay', replaced);
    for (const error of errors) deps.logger.warn({ err: error }, 'the slots of a limit could not be given');
    for (const { id, jobId } of left)
      if (waiting.has(id) && jobId !== null) notMade.set(jobId, { seconds: 1 });
    left = left.filter(({ id }) => !waiting.has(id));
    const begunAt = performance.now();
    for (const entry of [...left]) {
      if (hasTried && performance.now() - begunAt > (pass.more ? MOST_PASS_MS : MOST_LAST_PASS_MS)) break;
      await pace?.(stop).catch(() => undefined);
      if (stop.aborted || performance.now() - takenAt > LEASE_MS / 2) break;
      try {
        const earlier = entry.jobId === null ? undefined : notMade.get(entry.jobId);
        if (earlier && (await keepBehind(db, entry, earlier, isOurs))) {
          left.shift();
          continue;
        }
        const runId = behind.get(entry.id);
        hasTried = true;
        due.served(entry);
        const outcome =
          runId && canWait(entry)
            ? await waitBehind(deps, entry, { runId, timeoutMs: CALL_TIMEOUT_MS })
            : await makeStart(deps, entry, {
                by: 'relay',
                recorder,
                timeoutMs: CALL_TIMEOUT_MS,
                isAdmitted: admitted.has(entry.id),
                hasSettled: settled.has(entry.id),
              });
        if (outcome && isMade(outcome)) pass.made++;
        if (entry.jobId !== null) {
          if (outcome?.kind === 'waits') notMade.set(entry.jobId, { runId: outcome.runId });
          // It waits at a limit, or is tried again soon.
          else if (!outcome && hasLimits(deps.jobs, entry)) notMade.set(entry.jobId, { seconds: 1 });
        }
      } catch (error) {
        deps.logger.warn({ err: error, jobId: entry.jobId }, 'the relay could not start a job');
        if (isEngineUnavailable(error) && !(await engineAnswers(deps.client))) {
          pass.engineAway = error;
          break;
        }
        // One entry that can't be made must not hold up those behind it.
        const refusal = refusalOf(error);
        if (!refusal || !(await buryStart(deps, entry, refusal))) {
          await backOff(db, entry, error, isOurs);
          if (entry.jobId !== null) notMade.set(entry.jobId, { seconds: backOffSeconds(entry) });
        }
        pass.failed++;
      }
      left.shift();
    }
  } finally {
    if (left.length > 0) await giveBack(db, left, pass.engineAway, isOurs);
  }
  if (pass.made > 0) deps.logger.info({ made: pass.made }, 'the outbox relay started pending jobs');
  if (left.length > 0) pass.more = true;
  else if (!pass.more) {
    const { at, isDue } = await nextDue(db);
    // It may be in keys that this pass has not looked at.
    pass.more = due.isPartial && isDue;
    if (!pass.more) pass.nextAt = at ?? undefined;
  }
  return pass;
}

/**
 * Whether an entry is still under a lease, or due before its end: its time is later once another pass has claimed it, because this process was
 * frozen for longer than the lease.
 */
function isUnderLease(lease: string | undefined): RawBuilder<boolean> {
  return sql<boolean>`next_attempt_at <= ${lease ?? null}::timestamptz`;
}

/**
 * Checks entries that SQL committed, so that their jobs are known and their order is kept. An entry that cannot be checked is returned as it
 * is: what is wrong with it is dealt with in its turn.
 */
async function checkAll(deps: StartDeps, entries: readonly StoredEntry[]): Promise<StoredEntry[]> {
  const checked: StoredEntry[] = [];
  for (const entry of entries) {
    const isToMake = !entry.withdrawnAt && !entry.isHeld && !isExpired(entry);
    checked.push(isToMake ? await checkStart(deps, entry).catch(() => entry) : entry);
  }
  return checked;
}

/**
 * Lets debounced entries wait for others of their keys, see {@link debounceStarts}. Those that are not to be made now are in `notNow`, and those
 * that may be made in `settled`; one whose key is not valid is in neither, and is refused in its turn.
 */
async function debounceAll(
  deps: StartDeps,
  entries: readonly StoredEntry[],
): Promise<{ notNow: Set<number>; settled: Set<number> }> {
  const debounced = entries.flatMap((entry): OutboxEntry[] => {
    const { jobId } = entry;
    return jobId !== null && isToMake(entry) && isDebounced(deps.jobs, entry) ? [{ ...entry, jobId }] : [];
  });
  if (debounced.length === 0) return { notNow: new Set(), settled: new Set() };
  try {
    const notNow = await debounceStarts(deps, debounced, 'relay');
    return { notNow, settled: new Set(debounced.flatMap(({ id }) => (notNow.has(id) ? [] : [id]))) };
  } catch (error) {
    deps.logger.warn({ err: error }, 'starts could not be debounced together');
    return { notNow: new Set(), settled: new Set() };
  }
}

/** Whether an entry is checked and may be made now. One that could not be checked is refused in its turn. */
function isToMake(entry: StoredEntry): boolean {
  return entry.isChecked && !entry.withdrawnAt && !entry.isHeld && !isExpired(entry);
}

/**
 * Gives entries the slots of their limits before any start is made, so that those that have to wait at a limit take no time from the others.
 */
async function reserveSlots(deps: StartDeps, entries: readonly StoredEntry[]): Promise<Admission> {
  const limited = entries.flatMap((entry): OutboxEntry[] => {
    const { jobId, startAt } = entry;
    if (jobId === null || !isToMake(entry) || !hasLimits(deps.jobs, entry)) return [];
    return startAt && startAt.getTime() > Date.now() ? [] : [{ ...entry, jobId }];
  });
  if (limited.length === 0)
    return { admitted: new Set(), tries: new Map(), waiting: new Set(), replaced: [], errors: [] };
  return admitEntries(deps, limited, 'reserve', MOST_RESERVE_MS);
}

/**
 * Defers entries behind an earlier start of their job that is not due: it backs off, waits, or is another process's. Returns their ids, each
 * with the open run that the earlier start waits for, if any.
 */
async function findBehind(db: Db, entries: readonly StoredEntry[]): Promise<Map<number, string | null>> {
  return deferBehind(
    db,
    entries.filter((entry) => !entry.withdrawnAt && !isExpired(entry)),
  );
}

/**
 * Keeps a start behind an earlier one of its job that was not made in the same pass, which was called after both were committed. Returns
 * false if it does not have to wait.
 */
async function keepBehind(
  db: Db,
  entry: StoredEntry,
  earlier: { seconds: number } | { runId: string },
  isOurs: RawBuilder<boolean>,
): Promise<boolean> {
  if (entry.withdrawnAt || isExpired(entry)) return false;
  if ('runId' in earlier) {
    if (!canWait(entry)) return false;
    await recordOutcome(db, entry, { kind: 'waits', runId: earlier.runId });
    return true;
  }
  await db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${earlier.seconds})` })
    .where('id', '=', entry.id)
    .where(sql<boolean>`${isStillToMake} AND NOT is_held`)
    .where(isOurs)
    .execute();
  return true;
}

function backOffSeconds({ attempts }: StoredEntry): number {
  return Math.min(2 ** attempts, MAX_BACK_OFF_SECONDS);
}

async function backOff(
  db: Db,
  entry: StoredEntry,
  error: unknown,
  isOurs: RawBuilder<boolean>,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      attempts: entry.attempts + 1,
      lastError: errorMessage(error),
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${backOffSeconds(entry)})`,
      refusedAt: refusalOf(error) ? sql<Date>`coalesce(refused_at, now())` : null,
    })
    .where('id', '=', entry.id)
    .where('withdrawnAt', entry.withdrawnAt ? 'is not' : 'is', null)
    // Another process may have found that it has to wait.
    .where(isToSettle)
    .where(isOurs)
    .execute();
}

/**
 * Returns claimed entries that were not tried, so that they are due immediately. The first of them may have met an unavailable engine. One
 * whose row is locked is left to the transaction that has locked it, or becomes due when its lease expires.
 */
async function giveBack(
  db: Db,
  entries: readonly StoredEntry[],
  error: unknown,
  isOurs: RawBuilder<boolean>,
): Promise<void> {
  const ids = entries.map(({ id }) => id);
  const withdrawn = entries.filter(({ withdrawnAt }) => withdrawnAt !== null).map(({ id }) => id);
  await db
    .with(
      (cte) => cte('unlocked').materialized(),
      (qb) =>
        qb
          .selectFrom('outbox')
          .select('id')
          .where('id', 'in', ids)
          .where(isToSettle)
          .where(isOurs)
          // A start that was withdrawn since it was claimed is due when its withdrawal says.
          .where(sql<boolean>`(withdrawn_at IS NULL OR id = ANY(${withdrawn}))`)
          .orderBy('id')
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('outbox')
    .set({
      nextAttemptAt: sql<Date>`now()`,
      ...(error !== undefined && {
        lastError: sql<
          string | null
        >`CASE WHEN id = ${ids[0]} THEN ${errorMessage(error)} ELSE last_error END`,
      }),
    })
    .where('id', '=', sql<number>`ANY(ARRAY(SELECT id FROM unlocked))`)
    .execute();
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
