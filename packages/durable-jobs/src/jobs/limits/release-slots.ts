import type { Client } from '@temporalio/client';
import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { INDEXED_OPEN } from '../../engine/run-status.ts';
import { Condition, isSearchable } from '../../engine/visibility-query.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { REPORTED } from './reported.ts';
import { openRunOf, type SlotOfRun } from './run-of-slot.ts';

/** Slots that are checked per pass. */
const BATCH = 500;

/** Slots of a throttle that are deleted per pass. */
const MOST_EXPIRED = 10_000;

/** Shortest and longest interval between two checks of a run whose end nobody reports. */
const [SOONEST_SECONDS, LATEST_SECONDS] = [1, 60];

/** Up to this many runs are read one by one; for more, the engine's index first shows which are open. */
const MOST_ASKED = 25;

/** Jobs per query of the index. */
const NAMED = 200;

/** Calls that are made concurrently. */
const SIDE_BY_SIDE = 8;

/** Time limit of a pass's calls to the engine. */
const CALLS_TIMEOUT_MS = 30_000;

/** A slot whose start was made, or dropped. */
interface SettledSlot extends SlotOfRun {
  limitKey: string;
  /** The last try, with its microseconds, and the tries until then. */
  triedAt: string;
  tries: number;
  /** Whether the end of its run was reported. */
  isReported: boolean;
}

/**
 * Frees slots whose run has ended, or whose start was not made. A run that continued as new, or was reset, keeps its slot. A start that is
 * still to be made keeps it too: its call may be in progress. Whether a run has ended is read from the engine, so a notice that is lost or
 * wrong frees nothing. Returns the keys of the limits with free slots, whether more slots may be due, and the client's error if the engine
 * did not respond: the slots that it had checked until then are freed, and the reported ones of the others are checked again. A run that cannot
 * be read for another reason is logged and read again later.
 */
export async function releaseSlots(
  deps: Pick<StartDeps, 'db' | 'client' | 'logger'>,
): Promise<{ freed: Set<string>; more: boolean; engineAway: Error | undefined }> {
  const { db, client } = deps;
  const expired = await deleteExpiredSlots(db);
  const { slots, more } = await takeDueSlots(db);
  const freed = new Set(expired);
  const ended: SettledSlot[] = [];
  const holding = new Set<SettledSlot>();
  let engineAway: Error | undefined;
  if (slots.length > 0) {
    try {
      await client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, () => checkSlots(deps, slots, ended, holding));
    } catch (error) {
      engineAway = error instanceof Error ? error : new Error(String(error));
    }
    for (const limitKey of await deleteSlots(db, ended)) freed.add(limitKey);
    const reported = slots.filter((slot) => slot.isReported && !ended.includes(slot));
    // A worker may report an end a moment before the engine has it.
    await checkAgain(db, reported, (slot) => (holding.has(slot) ? 'soon' : 'reported'));
  }
  return { freed, more: more || expired.length === MOST_EXPIRED, engineAway };
}

/**
 * Returns a condition that finds slots by their starts: PostgreSQL expects a hundred rows of any JSON, and to join those it may read all
 * slots.
 */
function isOneOf(slots: readonly SettledSlot[]): RawBuilder<boolean> {
  return sql<boolean>`slot.entry_id = ANY(${slots.map(({ entryId }) => entryId)}::bigint[])`;
}

/** Deletes slots, and returns the keys of their limits. One whose start was tried again since, or is to be made again, is left. */
async function deleteSlots(db: Db, ended: readonly SettledSlot[]): Promise<string[]> {
  if (ended.length === 0) return [];
  const { rows } = await sql<{ limitKey: string }>`
    WITH free AS MATERIALIZED (
      SELECT slot.limit_key, slot.entry_id FROM limit_slots AS slot
      JOIN jsonb_to_recordset(${JSON.stringify(ended)}::jsonb)
        AS ended ("limitKey" text, "entryId" bigint, "triedAt" timestamptz, tries integer)
        ON slot.limit_key = ended."limitKey" COLLATE "C" AND slot.entry_id = ended."entryId"
      WHERE ${isOneOf(ended)} AND slot.tried_at = ended."triedAt" AND slot.tries = ended.tries AND NOT EXISTS (
        SELECT FROM outbox WHERE id = slot.entry_id AND dispatched_at IS NULL AND dropped_at IS NULL)
      ORDER BY slot.limit_key, slot.entry_id FOR UPDATE OF slot)
    DELETE FROM limit_slots AS slot USING free WHERE slot.limit_key = free.limit_key AND slot.entry_id = free.entry_id
    RETURNING slot.limit_key AS "limitKey"`.execute(db);
  return rows.map(({ limitKey }) => limitKey);
}

/** Has slots checked again: soon, or as those whose runs are reported to have ended. */
async function checkAgain(
  db: Db,
  slots: readonly SettledSlot[],
  when: (slot: SettledSlot) => 'soon' | 'reported',
): Promise<void> {
  if (slots.length === 0) return;
  const checks = slots.map((slot) => ({ ...slot, isReported: when(slot) === 'reported' }));
  await sql`
    WITH held AS MATERIALIZED (
      SELECT slot.limit_key, slot.entry_id, again."isReported" AS is_reported FROM limit_slots AS slot
      JOIN jsonb_to_recordset(${JSON.stringify(checks)}::jsonb) AS again ("limitKey" text, "entryId" bigint, "isReported" boolean)
        ON slot.limit_key = again."limitKey" COLLATE "C" AND slot.entry_id = again."entryId"
      WHERE ${isOneOf(slots)}
      ORDER BY slot.limit_key, slot.entry_id FOR UPDATE OF slot)
    UPDATE limit_slots AS slot SET
      next_check_at = CASE WHEN is_reported THEN ${REPORTED} ELSE least(next_check_at, now() + interval '1 second') END
    FROM held WHERE slot.limit_key = held.limit_key AND slot.entry_id = held.entry_id`.execute(db);
}

/** Returns when the next slot is to be checked whose run has to end. */
export async function nextSlotCheck(db: Db): Promise<Date | undefined> {
  const row = await db
    .selectFrom('limitSlots')
    .select('nextCheckAt')
    .where('endsAt', 'is', null)
    .orderBy('nextCheckAt')
    .limit(1)
    .executeTakeFirst();
  return row?.nextCheckAt;
}

/** Deletes slots of throttles whose period is over, unless their start is still to be made and may have been tried. */
async function deleteExpiredSlots(db: Db): Promise<string[]> {
  const { rows } = await sql<{ limitKey: string }>`
    WITH expired AS MATERIALIZED (
      SELECT slot.limit_key, slot.entry_id FROM limit_slots AS slot
      LEFT JOIN outbox ON outbox.id = slot.entry_id AND outbox.dispatched_at IS NULL AND outbox.dropped_at IS NULL
      WHERE slot.ends_at <= now() AND outbox.id IS NULL
      ORDER BY slot.ends_at LIMIT ${MOST_EXPIRED} FOR UPDATE OF slot SKIP LOCKED)
    DELETE FROM limit_slots USING expired
    WHERE limit_slots.limit_key = expired.limit_key AND limit_slots.entry_id = expired.entry_id
    RETURNING limit_slots.limit_key AS "limitKey"`.execute(db);
  return rows.map(({ limitKey }) => limitKey);
}

/** Claims the slots that are due for a check. The longer one is held, the later its next check; a report of its job's end makes it due. */
async function takeDueSlots(db: Db): Promise<{ slots: SettledSlot[]; more: boolean }> {
  const { rows } = await sql<SettledSlot & { isToMake: boolean }>`
    WITH due AS MATERIALIZED (
      SELECT limit_key, entry_id, next_check_at <= ${REPORTED} AS is_reported FROM limit_slots
      WHERE next_check_at <= now() AND ends_at IS NULL
      ORDER BY next_check_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
    UPDATE limit_slots AS slot SET
      run_id = coalesce(slot.run_id, CASE WHEN entry.dispatched_at IS NOT NULL THEN entry.run_id END),
      next_check_at = now() + make_interval(secs =>
        greatest(${SOONEST_SECONDS}, least(${LATEST_SECONDS}, extract(epoch FROM now() - slot.taken_at) / 4)))
    FROM due LEFT JOIN outbox AS entry ON entry.id = due.entry_id
    WHERE slot.limit_key = due.limit_key AND slot.entry_id = due.entry_id
    RETURNING slot.limit_key AS "limitKey", slot.entry_id AS "entryId", slot.job_id AS "jobId", slot.run_id AS "runId",
      slot.taken_at AS "takenAt", slot.tried_at::text AS "triedAt", slot.tries, due.is_reported AS "isReported",
      coalesce(entry.id IS NOT NULL AND entry.dispatched_at IS NULL AND entry.dropped_at IS NULL, false) AS "isToMake"`.execute(
    db,
  );
  return { slots: rows.filter(({ isToMake }) => !isToMake), more: rows.length === BATCH };
}

/**
 * Checks whether slots are still held, and adds each to `ended` or `holding`; those whose runs the engine's index has as open to neither. A slot
 * whose run cannot be read counts as held.
 * @throws the client's error if the engine does not respond.
 */
async function checkSlots(
  { db, client, logger }: Pick<StartDeps, 'db' | 'client' | 'logger'>,
  slots: readonly SettledSlot[],
  ended: SettledSlot[],
  holding: Set<SettledSlot>,
): Promise<void> {
  const unreported = slots.filter(({ isReported }) => !isReported);
  const open = unreported.length > MOST_ASKED ? await openInIndex(client, unreported) : new Set<string>();
  // The index may lag behind, so only a description frees a slot, and a report is followed by one.
  const candidates = slots.filter(
    ({ runId, isReported }) => isReported || runId === null || !open.has(runId),
  );
  for (let from = 0; from < candidates.length; from += SIDE_BY_SIDE) {
    const checks = await Promise.allSettled(
      candidates.slice(from, from + SIDE_BY_SIDE).map(async (slot) => {
        const isHeld = await openRunOf(db, client, slot).then(
          (run) => run !== undefined,
          (error: unknown) => {
            if (isEngineUnavailable(error)) throw error;
            logger.warn({ err: error, jobId: slot.jobId }, 'the run of a slot could not be read');
            return true;
          },
        );
        if (isHeld) holding.add(slot);
        else ended.push(slot);
      }),
    );
    for (const check of checks) if (check.status === 'rejected') throw check.reason;
  }
}

/** Returns those of the runs that the engine's index has as open. */
async function openInIndex(client: Client, slots: readonly SettledSlot[]): Promise<Set<string>> {
  const open = new Set<string>();
  const runIds = slots.flatMap(({ runId }) => (runId !== null && isSearchable(runId) ? [runId] : []));
  for (let from = 0; from < runIds.length; from += NAMED) {
    const query = Condition.all([
      Condition.isOneOf('RunId', runIds.slice(from, from + NAMED)),
      Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    ]).toString();
    for await (const { runId } of client.workflow.list({ query, pageSize: NAMED })) open.add(runId);
  }
  return open;
}
