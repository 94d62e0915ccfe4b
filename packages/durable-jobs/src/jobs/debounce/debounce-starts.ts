import { sql } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { startsMade } from '../../telemetry/job-metrics.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { groupBy } from '../../values/group-by.ts';
import { notifyJobEnds } from '../flow/wake.ts';
import { tryAgainSoon } from '../limits/admit.ts';
import { noteReplaced } from '../limits/note-replaced.ts';
import { boundLocks, oneByOne } from '../limits/one-by-one.ts';
import { notifyRelay, type OutboxEntry } from '../outbox/enqueue.ts';
import { NEVER } from '../outbox/never.ts';
import { latestExpiry, replaceStarts, type MergedStart } from '../outbox/replace-starts.ts';
import { areWaiting, isStillToMake } from '../outbox/still-to-make.ts';
import type { JobRegistry } from '../registry.ts';
import { areDebounced } from './are-debounced.ts';
import { debounceOf, isDebounced, type StartDebounce } from './debounce-of.ts';

/** Dependencies of debouncing. */
interface DebounceDeps {
  db: Db;
  jobs: JobRegistry;
  logger: Logger;
}

/**
 * Lets checked starts wait until their keys are quiet. Of those of a key that wait, the newest stays, and replaces the others in the same
 * transaction; one that is for a later time joins them then, and one behind an earlier start of its job after that. Returns the ids of the
 * starts that are not to be made now: they wait, were replaced, have expired, or are tried again in a moment. A start that has waited already
 * is not among them, nor one that is not debounced.
 *
 * This happens after the commit of the start rather than in its transaction: callers never wait for the locks of one another.
 * @throws {JobLimitError} or {JobKeyError} if the key of one is not valid.
 */
export async function debounceStarts(
  { db, jobs, logger }: DebounceDeps,
  entries: readonly OutboxEntry[],
  by: 'request' | 'relay',
): Promise<Set<number>> {
  const starts = entries.flatMap((entry) => {
    const debounce = isDebounced(jobs, entry) ? debounceOf(jobs.get(entry.jobType), entry.input) : undefined;
    return debounce ? [{ id: entry.id, debounce }] : [];
  });
  const notNow = new Set<number>();
  for (const group of groupBy(starts, (start) => start.debounce.debounceKey).values()) {
    const [first] = group;
    if (!first) continue;
    const ids = group.map(({ id }) => id);
    const { debounceKey } = first.debounce;
    const merge = await oneByOne(db, `debounce:${debounceKey}`, () =>
      db.transaction().execute((trx) => mergeStarts(trx, ids, first.debounce)),
    );
    if (!merge) await tryAgainSoon(db, ids);
    for (const id of ids) if (!merge?.settled.has(id)) notNow.add(id);
    if (merge?.hasJoined) startsMade.inc({ by, outcome: 'waiting' });
    noteReplaced(logger, by, merge?.replaced ?? [], merge?.newest);
  }
  return notNow;
}

/** A start that arrives, waits or has waited. */
interface Row extends MergedStart {
  isHeld: boolean;
  debounceKey: string | null;
  settlesAt: Date | null;
  settlesBy: Date | null;
  /** Whether it holds a slot of a limit, because its job was not debounced when it had its turn. */
  hasSlot: boolean;
  isExpired: boolean;
  /** Whether its time is to come. */
  isLater: boolean;
  /** Whether an earlier start of its job has yet to join. */
  isBehind: boolean;
  now: Date;
}

/** The result of merging the starts of a key. */
interface Merge {
  /** Those that have waited already, and may be made. */
  settled: Set<number>;
  /** Whether one waits now that did not before. */
  hasJoined: boolean;
  /** The jobs of the starts that were replaced, and that of the one which stays. */
  replaced: string[];
  newest: string | undefined;
}

/** Merges starts of a key with the one that waits, if there is one. The processes that do so take turns. */
async function mergeStarts(
  trx: Trx,
  ids: readonly number[],
  { debounceKey, periodMs, maxWaitMs }: StartDebounce,
): Promise<Merge> {
  await boundLocks(trx, '300ms');
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('debounce:' || ${debounceKey}, 0))`.execute(trx);
  const { rows } = await sql<Row>`
    SELECT id, job_id AS "jobId", is_held AS "isHeld", debounce_key AS "debounceKey", settles_at AS "settlesAt",
      settles_by AS "settlesBy", merge_id AS "mergeId", expires_at AS "expiresAt",
      EXISTS (SELECT FROM limit_slots WHERE entry_id = outbox.id) AS "hasSlot",
      coalesce(expires_at <= now(), false) AS "isExpired",
      coalesce(start_at > now(), false) AS "isLater", clock_timestamp() AS now,
      EXISTS (
        SELECT FROM outbox AS earlier WHERE job_id = outbox.job_id AND id < outbox.id AND id <> ALL(${ids}::bigint[])
          AND ${areWaiting} AND settles_at IS NULL AND retry IS NULL
          AND (start_at IS NULL OR start_at <= now())) AS "isBehind"
    FROM outbox WHERE id IN (
        SELECT unnest(${ids}::bigint[])
        UNION SELECT id FROM outbox WHERE debounce_key = ${debounceKey} AND ${areDebounced})
      AND ${isStillToMake}
    -- All who lock several starts do so in this order.
    ORDER BY id FOR UPDATE`.execute(trx);
  const now = rows[0]?.now ?? new Date();
  const given = rows.filter(({ id, isHeld }) => ids.includes(id) && !isHeld);
  const hasSettled = ({ settlesAt, hasSlot }: Row): boolean => settlesAt !== null || hasSlot;
  const settled = new Set(given.filter(hasSettled).map(({ id }) => id));
  // The relay drops those that have expired.
  const arriving = given.filter((row) => !hasSettled(row) && !row.isExpired);
  await deferStarts(trx, arriving);
  const joining = arriving.filter(({ isLater, isBehind }) => !isLater && !isBehind);
  const waiting = rows.filter((row) => row.isHeld && row.debounceKey === debounceKey);
  // Its key was quiet for long enough before these came.
  const due = waiting.filter(({ settlesAt }) => settlesAt !== null && settlesAt <= now);
  await makeDue(trx, due);
  // Usually the only one. An earlier one whose cancellation was refused is made by itself.
  const current = waiting.findLast((row) => !due.includes(row));
  const merged = [...(current ? [current] : []), ...joining].sort((a, b) => a.id - b.id);
  const newest = merged.at(-1);
  if (joining.length === 0 || !newest) return { settled, hasJoined: false, replaced: [], newest: undefined };
  const settlesBy = current ? current.settlesBy : maxWaitMs === null ? null : after(now, maxWaitMs);
  const quietAt = after(now, periodMs);
  const mergeId = current?.mergeId ?? merged[0]?.mergeId ?? merged[0]?.id ?? newest.id;
  await trx
    .updateTable('outbox')
    .set({
      isHeld: true,
      nextAttemptAt: NEVER,
      debounceKey,
      mergeId,
      settlesAt: settlesBy && settlesBy < quietAt ? settlesBy : quietAt,
      settlesBy,
      expiresAt: latestExpiry(merged),
    })
    .where('id', '=', newest.id)
    .execute();
  const replaced = merged.slice(0, -1);
  await replaceStarts(trx, replaced, { standing: newest, mergeId });
  if (!current) await notifyJobEnds(trx);
  return {
    settled,
    hasJoined: newest !== current,
    replaced: replaced.map(({ jobId }) => jobId),
    newest: newest.jobId,
  };
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/**
 * Defers starts until their time, or for a moment behind an earlier one of their job that has yet to join, usually as its process died:
 * otherwise that one might be made after them.
 */
async function deferStarts(trx: Trx, rows: readonly Row[]): Promise<void> {
  const ids = rows.filter(({ isLater, isBehind }) => isLater || isBehind).map(({ id }) => id);
  if (ids.length === 0) return;
  await trx
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`greatest(start_at, now() + interval '1 second')` })
    .where('id', 'in', ids)
    .execute();
}

/** Hands starts whose key is quiet to the relay. */
async function makeDue(trx: Trx, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .updateTable('outbox')
    .set({ isHeld: false, debounceKey: null, nextAttemptAt: sql<Date>`now()` })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  await notifyRelay(trx);
}
