import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { ofNoIndex } from '../../database/own-index.ts';
import { groupBy } from '../../values/group-by.ts';
import { notifyJobEnds } from '../flow/wake.ts';
import { NEVER } from '../outbox/never.ts';
import { areAtLimit, areUnmade, isStillToMake } from '../outbox/still-to-make.ts';
import { BEHIND } from './behind.ts';
import { isHeldSlot } from './held-slot.ts';
import { keepNewest } from './keep-newest.ts';
import type { Limit } from './limits-of.ts';
import { boundLocks, oneByOne } from './one-by-one.ts';

/** A start that needs a slot of each of its limits. */
export interface LimitedStart {
  id: number;
  jobId: string;
  limits: readonly Limit[];
  /** Whether it is made after the open run of its job, if there is one. */
  isInTurn: boolean;
  /** Whether it may be replaced at a limit that keeps one start, see {@link Limit.keep}. */
  isMergeable: boolean;
}

/** Why starts are to be admitted: each is about to be made, or may be made soon, or its turn has come at the limit at which it waits. */
type Reason = 'try' | 'reserve' | 'turn';

/** A try to make a start: the time at which it began, in PostgreSQL's format, which distinguishes it from those of other processes. */
export type Try = string;

/** What became of the starts that have to meet limits. */
export interface Admission {
  /** They hold a slot of each of their limits, and may be made. */
  admitted: Set<number>;
  /** The last try of each of those, see {@link Try}. */
  tries: Map<number, Try>;
  /** They wait at a limit, or are due later. */
  waiting: Set<number>;
  /** The jobs of starts that waited, or of these, which another of these has replaced at a limit that keeps the newest. */
  replaced: string[];
  /** What the database refused, at other limits than those of the starts above. */
  errors: unknown[];
}

/** For so long after a try began, its call may be in progress: see the time limits of the dispatcher and the relay. */
const UNDER_WAY = sql`interval '15 seconds'`;

/**
 * Gives starts the slots of their limits, in their order, or lets them wait at the first limit that is exhausted. A start waits also if
 * others do that came before it. Of the starts of one job, only the first is in line: those behind it wait until it has been made and its run
 * has ended. Starts that were made or withdrawn, whose rows are locked, or whose limit others have at that moment, are in neither set.
 * Limits that have not had their turn after `mostMs` are left out too; each call begins with any of them, so that those that others have do
 * not take the time of the rest again and again.
 *
 * The processes that admit starts at a limit do so one after the other, so that no more slots are held than there are.
 */
export async function admitStarts(
  db: Db,
  starts: readonly LimitedStart[],
  reason: Reason,
  mostMs = Infinity,
): Promise<Admission> {
  const admission: Admission = {
    admitted: new Set(),
    tries: new Map(),
    waiting: new Set(),
    replaced: [],
    errors: [],
  };
  const begunAt = performance.now();
  const groups = [...groupBy(starts, ({ limits }) => JSON.stringify(limits.map(({ limitKey }) => limitKey)))];
  const from = Math.floor(Math.random() * groups.length);
  const firstOfJob = new Map<string, number>();
  for (const { jobId, id } of starts) firstOfJob.set(jobId, Math.min(id, firstOfJob.get(jobId) ?? id));
  for (const [key, group] of [...groups.slice(from), ...groups.slice(0, from)]) {
    if (performance.now() - begunAt > mostMs) break;
    const limits = group[0]?.limits ?? [];
    try {
      const result = await oneByOne(db, key, () =>
        db.transaction().execute((trx) => admitGroup(trx, group, limits, reason, firstOfJob)),
      );
      for (const [id, triedAt] of result?.admitted ?? []) {
        admission.admitted.add(id);
        admission.tries.set(id, triedAt);
      }
      for (const id of result?.waiting ?? []) admission.waiting.add(id);
      admission.replaced.push(...(result?.replaced ?? []));
    } catch (error) {
      // A fault at one limit concerns no other.
      admission.errors.push(error);
    }
  }
  return admission;
}

/** Admits starts with the same limits. */
async function admitGroup(
  trx: Trx,
  starts: readonly LimitedStart[],
  limits: readonly Limit[],
  reason: Reason,
  firstOfJob: ReadonlyMap<string, number>,
): Promise<{ admitted: Map<number, Try>; waiting: number[]; replaced: string[] }> {
  await boundLocks(trx, reason === 'reserve' ? '100ms' : '300ms');
  const keys = limits.map(({ limitKey }) => limitKey).sort();
  for (const key of keys)
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('limit:' || ${key}, 0))`.execute(trx);
  const ids = starts.map(({ id }) => id);
  const lines = await readLines(trx, keys);
  const rows = await readStarts(trx, ids, keys, reason === 'turn');
  const admitted: LimitedStart[] = [];
  const parked = new Map<number, string>();
  const later: number[] = [];
  const isInLine = reason !== 'turn';
  for (const start of starts) {
    const row = rows.get(start.id);
    if (!row) continue;
    const missing = limits.filter(({ limitKey }) => !row.holds.includes(limitKey));
    // A call of an earlier try may be in progress: it keeps its slots, and does not join the line again.
    const isNew = isInLine && !row.hasSlots;
    const isBehind =
      isNew &&
      (row.isBehind || firstOfJob.get(start.jobId) !== start.id || (start.isInTurn && row.hasRunWithSlot));
    if (isBehind) {
      parked.set(start.id, BEHIND);
      continue;
    }
    const refusing = missing.find(({ limitKey, most }) => {
      const line = lines.get(limitKey);
      return line && (line.used >= most || (isNew && line.isWaitedFor));
    });
    if (!refusing) {
      admitted.push(start);
      for (const { limitKey } of missing) {
        const line = lines.get(limitKey);
        if (line) line.used++;
      }
    } else if (isInLine && !isNew) {
      later.push(start.id);
    } else {
      parked.set(start.id, refusing.limitKey);
      const line = lines.get(refusing.limitKey);
      if (line && !line.isWaitedFor) line.isWaitedFor = line.joins = true;
    }
  }
  const tries = admitted.length > 0 ? await takeSlots(trx, admitted, limits, reason) : new Map<number, Try>();
  if (later.length > 0) await deferStarts(trx, later, keys);
  let replaced: string[] = [];
  if (parked.size > 0) {
    const keeping = isInLine ? limits.find(({ keep }) => keep !== undefined) : undefined;
    const mergeable = keeping
      ? starts.flatMap(({ id, isMergeable }) => (isMergeable && parked.has(id) ? [id] : []))
      : [];
    await parkStarts(trx, parked, { keptKey: keeping?.limitKey ?? null, ids: mergeable });
    if (keeping && mergeable.length > 0) {
      if (keeping.keep === 'newest') replaced = await keepNewest(trx, keeping.limitKey);
    } else {
      await mergeEqual(
        trx,
        starts.flatMap(({ id, isInTurn }) => (isInTurn && parked.get(id) === BEHIND ? [id] : [])),
      );
    }
    const newLines = [...lines].flatMap(([key, { joins }]) => (joins ? [key] : []));
    // What becomes of those that join depends on the run that is open now. For the newest, that was looked at when the first one joined.
    if (keeping && mergeable.length > 0 && replaced.length === 0) newLines.push(keeping.limitKey);
    if (newLines.length > 0) await lookAtSlots(trx, newLines);
  }
  return { admitted: tries, waiting: [...parked.keys(), ...later], replaced };
}

/** The slots of a limit that are held, and whether starts wait at it. */
interface Line {
  used: number;
  isWaitedFor: boolean;
  /** Whether the first start that waits came now. */
  joins?: boolean;
}

async function readLines(trx: Trx, keys: readonly string[]): Promise<Map<string, Line>> {
  const { rows } = await sql<Line & { limitKey: string }>`
    SELECT key AS "limitKey",
      (SELECT count(*)::int FROM limit_slots WHERE limit_key = key AND ${isHeldSlot}) AS used,
      EXISTS (SELECT FROM outbox WHERE limit_key = key AND ${areAtLimit}) AS "isWaitedFor"
    FROM unnest(${keys}::text[]) AS key`.execute(trx);
  return new Map(rows.map(({ limitKey, ...line }) => [limitKey, line]));
}

/** A start that is to be made. */
interface StartRow {
  id: number;
  /** The keys of the limits of which it holds slots that count. */
  holds: string[];
  /** Whether it holds a slot, also one that counts no longer. */
  hasSlots: boolean;
  /** Whether an earlier start of its job is still to be made, also if it waits at a limit. */
  isBehind: boolean;
  /** Whether another start of its job holds a slot until its run has ended. */
  hasRunWithSlot: boolean;
}

/** Returns those of the starts that are to be made, or that wait at a limit, and locks their rows. What is locked by others is left out. */
async function readStarts(
  trx: Trx,
  ids: readonly number[],
  keys: readonly string[],
  wait: boolean,
): Promise<Map<number, StartRow>> {
  const isHere = wait ? sql`limit_key IS NOT NULL` : sql`NOT is_held`;
  const { rows } = await sql<StartRow>`
    WITH start AS MATERIALIZED (
      SELECT id, job_id, dedupe_key, retry FROM outbox WHERE id = ANY(${ids}::bigint[]) AND ${isStillToMake} AND ${isHere}
      ORDER BY id FOR UPDATE SKIP LOCKED)
    SELECT id, ARRAY(SELECT limit_key FROM limit_slots
        WHERE entry_id = start.id AND limit_key = ANY(${keys}::text[]) AND ${isHeldSlot}) AS holds,
      EXISTS (SELECT FROM limit_slots WHERE entry_id = start.id) AS "hasSlots",
      EXISTS (SELECT FROM outbox WHERE job_id = start.job_id AND id < start.id
        AND (NOT is_held OR limit_key IS NOT NULL) AND ${areUnmade}
        -- A start that cannot wait is refused while one before it waits for an open run.
        AND (run_id IS NULL OR start.dedupe_key IS NULL AND start.retry IS NULL)) AS "isBehind",
      EXISTS (SELECT FROM limit_slots WHERE job_id = start.job_id AND entry_id <> start.id AND ends_at IS NULL)
        AS "hasRunWithSlot"
    FROM start`.execute(trx);
  return new Map(rows.map((row) => [row.id, row]));
}

async function takeSlots(
  trx: Trx,
  starts: readonly LimitedStart[],
  limits: readonly Limit[],
  reason: Reason,
): Promise<Map<number, Try>> {
  const { rows } = await sql<{ entryId: number; triedAt: Try }>`
    INSERT INTO limit_slots AS slot (limit_key, entry_id, job_id, ends_at, tries, tried_at, taken_at, next_check_at)
    SELECT limit_key, entry_id, job_id, at + make_interval(secs => for_ms / 1000.0), ${reason === 'try' ? 1 : 0}::int, at, at,
      at + interval '1 second'
    FROM unnest(${starts.map(({ id }) => id)}::bigint[], ${starts.map(({ jobId }) => jobId)}::text[]) AS start (entry_id, job_id),
      unnest(${limits.map(({ limitKey }) => limitKey)}::text[], ${limits.map(({ forMs }) => forMs ?? null)}::float8[])
        AS one (limit_key, for_ms), (SELECT clock_timestamp() AS at) AS times
    ORDER BY limit_key, entry_id
    ON CONFLICT (limit_key, entry_id) DO UPDATE SET
      tries = CASE WHEN slot.tried_at < excluded.tried_at - ${UNDER_WAY} THEN 0 ELSE slot.tries END + excluded.tries,
      tried_at = CASE WHEN excluded.tries > 0 THEN excluded.tried_at ELSE slot.tried_at END,
      taken_at = CASE WHEN slot.ends_at <= excluded.tried_at THEN excluded.taken_at ELSE slot.taken_at END,
      ends_at = CASE WHEN slot.ends_at <= excluded.tried_at THEN excluded.ends_at ELSE slot.ends_at END
    RETURNING entry_id AS "entryId", tried_at::text AS "triedAt"`.execute(trx);
  const tries = new Map(rows.map(({ entryId, triedAt }) => [entryId, triedAt]));
  if (reason !== 'turn') return tries;
  await trx
    .updateTable('outbox')
    .set({ isHeld: false, limitKey: null, nextAttemptAt: sql<Date>`now()` })
    .where('id', '=', sql<number>`ANY(${starts.map(({ id }) => id)}::bigint[])`)
    .execute();
  return tries;
}

/**
 * Lets starts wait at limits, each given with the key of one, and notes which of them wait at a limit that keeps one start, whatever they wait for
 * first.
 */
async function parkStarts(
  trx: Trx,
  parked: ReadonlyMap<number, string>,
  kept: { keptKey: string | null; ids: readonly number[] },
): Promise<void> {
  await sql`
    UPDATE outbox SET is_held = true, limit_key = parked.limit_key, next_attempt_at = ${NEVER},
      kept_key = CASE WHEN outbox.id = ANY(${kept.ids}::bigint[]) THEN ${kept.keptKey} ELSE kept_key END
    FROM unnest(${[...parked.keys()]}::bigint[], ${[...parked.values()]}::text[]) AS parked (id, limit_key)
    WHERE outbox.id = parked.id AND outbox.limit_key IS DISTINCT FROM parked.limit_key`.execute(trx);
}

/**
 * Drops starts that wait behind an earlier one of their job with the same input that waits too: that one is made after all of them were
 * accepted, and stands for them, as it does for starts that wait for an open run. One that may expire, or whose row is locked, stands for none.
 * One that was debounced, or has replaced others, is not dropped: it may stand for them, and they wait for its own end.
 */
async function mergeEqual(trx: Trx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const conditions = [
    'dispatched_at',
    'dropped_at',
    'withdrawn_at',
    'start_at',
    'expires_at',
    'dedupe_key',
    'retry',
  ];
  const isWaiting = ofNoIndex(
    sql.raw(
      [
        ...conditions.map((column) => `earlier.${column} IS NULL`),
        'earlier.is_held',
        'earlier.limit_key IS NOT NULL',
      ].join(' AND '),
    ),
  );
  await sql`
    WITH equal AS MATERIALIZED (
      SELECT later.id FROM outbox AS later JOIN outbox AS earlier ON earlier.job_id = later.job_id AND earlier.id < later.id
      WHERE later.id = ANY(${ids}::bigint[]) AND later.start_at IS NULL AND later.settles_at IS NULL AND later.merge_id IS NULL AND ${isWaiting} AND earlier.input = later.input
      ORDER BY earlier.id FOR SHARE OF earlier SKIP LOCKED)
    UPDATE outbox SET outcome = 'exists', dropped_at = now(), next_attempt_at = ${NEVER}, is_held = false, limit_key = NULL
    FROM equal WHERE outbox.id = equal.id`.execute(trx);
}

/** Defers starts until a slot may be free. */
async function deferStarts(trx: Trx, ids: readonly number[], keys: readonly string[]): Promise<void> {
  await sql`
    UPDATE outbox SET next_attempt_at = greatest(now() + interval '1 second',
      (SELECT min(ends_at) FROM limit_slots WHERE limit_key = ANY(${keys}::text[]) AND ${isHeldSlot}))
    WHERE id = ANY(${ids}::bigint[])`.execute(trx);
}

/** Has the slots of limits checked now: their runs may have ended unnoticed. */
async function lookAtSlots(trx: Trx, keys: readonly string[]): Promise<void> {
  await sql`
    WITH held AS MATERIALIZED (
      SELECT limit_key, entry_id FROM limit_slots
      WHERE limit_key = ANY(${keys}::text[]) AND ends_at IS NULL AND next_check_at > now()
      ORDER BY limit_key, entry_id FOR UPDATE SKIP LOCKED)
    UPDATE limit_slots AS slot SET next_check_at = now() FROM held
    WHERE slot.limit_key = held.limit_key AND slot.entry_id = held.entry_id`.execute(trx);
  await notifyJobEnds(trx);
}

/**
 * Has the relay try starts again in a moment that are neither admitted nor waiting: others had locked their rows, or the limit. It waits for
 * nobody.
 */
export async function tryAgainSoon(db: Db, ids: readonly number[]): Promise<void> {
  await sql`
    WITH unlocked AS MATERIALIZED (
      SELECT id FROM outbox WHERE id = ANY(${ids}::bigint[]) AND NOT is_held AND ${isStillToMake}
      ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET next_attempt_at = now() + interval '1 second' FROM unlocked WHERE outbox.id = unlocked.id`.execute(
    db,
  );
}

/**
 * Notes that a start which holds its slots is about to be tried; undefined if it does not hold that of each limit, because another process has
 * found that it cannot be made now, or because the period of a throttle has passed since. That period begins with the try.
 *
 * Who locks several slots does so in the order of their keys and starts.
 */
export async function noteTry(
  db: Db,
  entryId: number,
  limitKeys: readonly string[],
): Promise<Try | undefined> {
  const { rows } = await sql<{ triedAt: Try }>`
    WITH held AS MATERIALIZED (
      SELECT limit_key FROM limit_slots WHERE entry_id = ${entryId} AND limit_key = ANY(${limitKeys}::text[]) AND ${isHeldSlot}
      ORDER BY limit_key, entry_id FOR UPDATE),
    this AS MATERIALIZED (SELECT clock_timestamp() AS at, count(*) AS slots FROM held)
    UPDATE limit_slots AS slot SET tried_at = at,
      tries = CASE WHEN tried_at < at - ${UNDER_WAY} THEN 1 ELSE tries + 1 END,
      taken_at = CASE WHEN ends_at IS NULL THEN taken_at ELSE at END,
      ends_at = at + (ends_at - taken_at)
    FROM held, this WHERE slot.entry_id = ${entryId} AND slot.limit_key = held.limit_key AND slots = ${limitKeys.length}
    RETURNING tried_at::text AS "triedAt"`.execute(db);
  return rows[0]?.triedAt;
}

/**
 * Frees the slots of a start that has certainly not been made by `tried`, or that was not tried. They stay if another try may be in progress, also
 * one that began while this process was frozen: then the check of the slots or the next try frees them.
 */
export async function giveBackSlots(db: Db, entryId: number, tried?: Try): Promise<void> {
  const { numAffectedRows } = await sql`
    WITH held AS MATERIALIZED (
      SELECT limit_key FROM limit_slots
      WHERE entry_id = ${entryId} AND (tries = 0 OR tried_at < clock_timestamp() - ${UNDER_WAY}
        OR (tries = 1 AND tried_at = ${tried ?? null}::timestamptz))
      ORDER BY limit_key, entry_id FOR UPDATE)
    DELETE FROM limit_slots AS slot USING held WHERE slot.entry_id = ${entryId} AND slot.limit_key = held.limit_key`.execute(
    db,
  );
  if ((numAffectedRows ?? 0n) > 0n) await notifyJobEnds(db);
}
