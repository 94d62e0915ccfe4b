import { sql, type NotNull, type RawBuilder } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { startsMade } from '../../telemetry/job-metrics.ts';
import { cancelRun } from '../act/end-job.ts';
import { findRun, type JobRun } from '../act/job-run.ts';
import { ActionRefusedError } from '../act/refusal.ts';
import { entryColumns, type OutboxEntry } from '../outbox/enqueue.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { NEVER } from '../outbox/never.ts';
import { recordOutcome } from '../outbox/record-outcome.ts';
import { replaceStarts, type MergedStart } from '../outbox/replace-starts.ts';
import { areKept } from '../outbox/still-to-make.ts';
import { isHeldSlot } from './held-slot.ts';
import { capacityOfKey, limitsOf } from './limits-of.ts';
import { hasNotExpired, lockKept } from './lock-kept.ts';
import { boundLocks } from './one-by-one.ts';
import { describeRun, openRunOf, type SlotOfRun } from './run-of-slot.ts';

/** Limits that are looked at per pass. The next one continues behind them. */
const MOST_LIMITS = 1_000;

/** Starts of a limit that are replaced per pass. */
const MOST_STARTS = 1_000;

/** Time after which a pass looks at no further limit, in milliseconds: other parts of the service and the relay wait for it. */
const MOST_PASS_MS = 1_000;

/** Time between two rounds over more limits than a pass looks at, in milliseconds. */
const REST_MS = 1_000;

/** Limits that are looked at concurrently. */
const SIDE_BY_SIDE = 8;

/** Time limit of the calls to the engine about one limit. */
const CALLS_TIMEOUT_MS = 10_000;

/** When something is decided again that the rules of the job have refused, or that has failed. */
const inAWhile = sql<Date>`now() + interval '10 seconds'`;

/** A slot of a limit that keeps one start, at which others wait. */
interface KeptSlot extends SlotOfRun {
  limitKey: string;
}

/** The result of a pass over limits that keep one start. */
export interface KeptPass {
  /** How many starts will not be made now. */
  settled: number;
  /** Whether there may be more to do immediately. */
  more: boolean;
  /** When the next round over all limits begins, if that is later. */
  nextAt: Date | undefined;
  /** The client's error if the engine did not respond. */
  engineAway: Error | undefined;
}

/**
 * Decides what becomes of starts that wait at limits which keep one of them. Only a run that the engine has as open while a start waits decides
 * it, because nothing else would be done for that start: a slot may be held by a start that is never made, or by a run that has just ended.
 */
export class KeptStarts {
  /** The limit behind which the next pass continues. */
  #from = '';
  /** Until when no other round over all limits begins, by `performance.now()`: one of several passes is followed by a rest. */
  #restsUntil = -Infinity;

  /**
   * Where the newest is kept, requests the cancellation of the run that is open; where the oldest is, lets that run stand for the starts that
   * wait. Limits of jobs that this process does not know are left to others. Passes may run concurrently and be interrupted anywhere.
   */
  async settle(deps: StartDeps): Promise<KeptPass> {
    const begunAt = performance.now();
    const isContinued = this.#from !== '';
    const restMs = this.#restsUntil - begunAt;
    if (!isContinued && restMs > 0)
      return { settled: 0, more: false, nextAt: new Date(Date.now() + restMs), engineAway: undefined };
    const { slots, isPartial } = await this.#look(deps.db);
    const pass: KeptPass = { settled: 0, more: isPartial, nextAt: undefined, engineAway: undefined };
    for (let from = 0; from < slots.length; from += SIDE_BY_SIDE) {
      if (from > 0 && performance.now() - begunAt > MOST_PASS_MS) {
        this.#from = slots[from - 1]?.limitKey ?? '';
        pass.more = true;
        break;
      }
      const looks = await Promise.allSettled(
        slots.slice(from, from + SIDE_BY_SIDE).map((slot) => settleAt(deps, slot)),
      );
      for (const look of looks) {
        if (look.status === 'fulfilled') {
          pass.settled += look.value.settled;
          pass.more ||= look.value.more;
        } else {
          pass.engineAway = look.reason instanceof Error ? look.reason : new Error(String(look.reason));
        }
      }
      if (pass.engineAway) break;
    }
    if (isContinued && this.#from === '') this.#restsUntil = performance.now() + REST_MS;
    return pass;
  }

  /** Returns slots whose start was made, of limits at which others wait to be kept or not. */
  async #look(db: Db): Promise<{ slots: KeptSlot[]; isPartial: boolean }> {
    const { rows } = await sql<{ keptKey: string }>`
      WITH RECURSIVE waiting AS (
        (SELECT kept_key, 1 AS place FROM outbox WHERE ${areKept} AND kept_key > ${this.#from} ORDER BY kept_key LIMIT 1)
        UNION ALL
        SELECT (SELECT kept_key FROM outbox WHERE ${areKept} AND kept_key > waiting.kept_key ORDER BY kept_key LIMIT 1), place + 1
        FROM waiting WHERE waiting.kept_key IS NOT NULL AND place < ${MOST_LIMITS})
      SELECT kept_key AS "keptKey" FROM waiting WHERE kept_key IS NOT NULL`.execute(db);
    const keys = rows.map(({ keptKey }) => keptKey);
    this.#from = keys.length === MOST_LIMITS ? (keys.at(-1) ?? '') : '';
    if (keys.length === 0) return { slots: [], isPartial: false };
    const slots = await sql<KeptSlot>`
      SELECT slot.limit_key AS "limitKey", slot.entry_id AS "entryId", slot.job_id AS "jobId",
        coalesce(slot.run_id, entry.run_id) AS "runId", slot.taken_at AS "takenAt"
      FROM limit_slots AS slot JOIN outbox AS entry ON entry.id = slot.entry_id
      WHERE slot.limit_key = ANY(${keys}::text[]) AND slot.ends_at IS NULL AND entry.dispatched_at IS NOT NULL
        AND (slot.keep_after IS NULL OR slot.keep_after <= now())
      ORDER BY slot.limit_key COLLATE "C", slot.entry_id`.execute(db);
    return { slots: slots.rows, isPartial: this.#from !== '' };
  }
}

/**
 * Settles what waits at the limit of a slot.
 * @throws the client's error if the engine does not respond; other faults concern no other limit, and are logged.
 */
async function settleAt(deps: StartDeps, slot: KeptSlot): Promise<{ settled: number; more: boolean }> {
  const { client, jobs, logger } = deps;
  const capacity = capacityOfKey(jobs, slot.limitKey);
  const keep = capacity === undefined || capacity === 'unlimited' ? undefined : capacity.keep;
  if (keep === undefined) return { settled: 0, more: false };
  try {
    return await client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, () =>
      keep === 'oldest' ? dropLater(deps, slot) : cancelForNewest(deps, slot),
    );
  } catch (error) {
    if (isEngineUnavailable(error)) throw error;
    await decideAfter(deps.db, slot, inAWhile);
    logger.warn({ err: error, limitKey: slot.limitKey }, 'what waits at a limit could not be settled');
    return { settled: 0, more: false };
  }
}

/**
 * Lets an open run stand for the starts that waited before it was seen to be open. One whose cancellation is requested stands for none: what was
 * accepted since then is to run after it.
 */
async function dropLater(
  { db, client, logger }: StartDeps,
  slot: KeptSlot,
): Promise<{ settled: number; more: boolean }> {
  const waiting = await db
    .selectFrom('outbox')
    .select('id')
    .where('keptKey', '=', slot.limitKey)
    .where(areKept)
    .where(hasNotExpired)
    .orderBy('id')
    .limit(MOST_STARTS)
    .execute();
  if (waiting.length === 0) return { settled: 0, more: false };
  const open = await openRunOf(db, client, slot);
  if (!open || open.raw.workflowExtendedInfo?.cancelRequested === true) return { settled: 0, more: false };
  const ids = waiting.map(({ id }) => id);
  const replaced = await db.transaction().execute((trx) => replaceByOpen(trx, slot, ids));
  for (const { jobId } of replaced) {
    startsMade.inc({ by: 'relay', outcome: 'replaced' });
    logger.info({ jobId, replacedBy: slot.jobId }, 'a start was not made because an earlier one is open');
  }
  return { settled: replaced.length, more: replaced.length === MOST_STARTS };
}

/** Records that the start of a slot stands for others, and returns those that still waited. */
async function replaceByOpen(trx: Trx, slot: KeptSlot, ids: readonly number[]): Promise<MergedStart[]> {
  await boundLocks(trx, '300ms');
  // The clean-up keeps it while it has a slot.
  const standing = await trx
    .selectFrom('outbox')
    .select(['id', 'mergeId'])
    .where('id', '=', slot.entryId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const rows = await lockKept(trx, slot.limitKey, ids);
  const mergeId = standing.mergeId ?? standing.id;
  await replaceStarts(trx, rows, { standing, mergeId });
  if (rows.length > 0 && standing.mergeId === null)
    await trx.updateTable('outbox').set({ mergeId }).where('id', '=', standing.id).execute();
  return rows;
}

/** Requests the cancellation of an open run for the newest start that waits for it, unless that one is older, or is not to be made. */
async function cancelForNewest(deps: StartDeps, slot: KeptSlot): Promise<{ settled: number; more: boolean }> {
  const { db, client } = deps;
  const newest = await findNewest(db, slot.limitKey);
  if (!newest || newest.id < slot.entryId) return { settled: 0, more: false };
  const existing = await runInItsWay(deps, newest);
  if (existing !== undefined) {
    // Nothing would run in place of what is cancelled for it.
    await recordExisting(deps, newest, existing);
    return { settled: 1, more: true };
  }
  if (await isHeldUp(deps, newest, slot.limitKey)) return { settled: 0, more: false };
  const open = await openRunOf(db, client, slot);
  const run = open && (await findRun(deps, slot.jobId, open.runId));
  // It may have been cancelled or rescheduled meanwhile.
  if (run?.status === 'open' && (await findNewest(db, slot.limitKey))?.id === newest.id)
    await cancelFor(deps, { slot, run, newest });
  return { settled: 0, more: false };
}

/** Requests the cancellation of a run for a start. */
async function cancelFor(
  deps: StartDeps,
  { slot, run, newest }: { slot: KeptSlot; run: JobRun; newest: OutboxEntry },
): Promise<void> {
  const { db, logger } = deps;
  const jobs = { jobId: slot.jobId, replacedBy: newest.jobId };
  try {
    await cancelRun(deps, run, `a later start takes its place: ${newest.jobId}`);
    await decideAfter(db, slot, NEVER);
    logger.info(jobs, 'a run is cancelled because a later start takes its place');
  } catch (error) {
    if (!(error instanceof ActionRefusedError)) throw error;
    await decideAfter(db, slot, inAWhile);
    logger.info(
      { ...jobs, reason: error.detail },
      'a run cannot be cancelled for a later start, which waits for its end',
    );
  }
}

/** Returns the newest start that waits at a limit. */
async function findNewest(db: Db, limitKey: string): Promise<OutboxEntry | undefined> {
  return db
    .selectFrom('outbox')
    .select(entryColumns)
    .where('keptKey', '=', limitKey)
    .where(areKept)
    .where(hasNotExpired)
    .orderBy('id', 'desc')
    .limit(1)
    .$narrowType<{ jobId: NotNull }>()
    .executeTakeFirst();
}

/** Returns the run because of which a start is not made that starts its job once. */
async function runInItsWay(
  { client, jobs }: StartDeps,
  { jobId, jobType, dedupeKey }: OutboxEntry,
): Promise<string | undefined> {
  const isOnce = dedupeKey !== null || jobs.find(jobType)?.startPolicy === 'once';
  return isOnce ? (await describeRun(client, jobId))?.runId : undefined;
}

/** Records that a waiting start is not made because its job exists. */
async function recordExisting({ db, logger }: StartDeps, entry: OutboxEntry, runId: string): Promise<void> {
  // One whose turn has come meanwhile may have made that run itself.
  await recordOutcome(db, entry, { kind: 'exists', runId }, { ifAtLimit: true });
  startsMade.inc({ by: 'relay', outcome: 'existing' });
  logger.warn({ jobId: entry.jobId, runId }, 'the job was not started because it already exists');
}

/** Whether a start would have to wait at another limit of its job. */
async function isHeldUp({ db, jobs }: StartDeps, entry: OutboxEntry, limitKey: string): Promise<boolean> {
  const others = limitsOf(jobs.get(entry.jobType), entry.input).filter(
    (limit) => limit.limitKey !== limitKey,
  );
  for (const { limitKey: key, most } of others) {
    const { rows } = await sql<{ used: number }>`
      SELECT count(*)::int AS used FROM limit_slots WHERE limit_key = ${key} AND ${isHeldSlot}`.execute(db);
    if ((rows[0]?.used ?? 0) >= most) return true;
  }
  return false;
}

/** Lets nothing be decided before a time about what waits for a slot. */
async function decideAfter(
  db: Db,
  { limitKey, entryId }: KeptSlot,
  keepAfter: Date | RawBuilder<Date>,
): Promise<void> {
  await db
    .updateTable('limitSlots')
    .set({ keepAfter })
    .where('limitKey', '=', limitKey)
    .where('entryId', '=', entryId)
    .execute();
}
