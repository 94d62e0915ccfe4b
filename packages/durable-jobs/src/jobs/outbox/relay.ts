import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { createAdaptiveLimit, type AdaptiveLimit } from '../../process/adaptive-limit.ts';
import { isDebounced } from '../debounce/debounce-of.ts';
import { noteReplaced } from '../limits/note-replaced.ts';
import { giveBack, isUnderLease } from './claimed-entries.ts';
import { DueStarts } from './due-starts.ts';
import type { StoredEntry } from './enqueue.ts';
import { makeEntries, type Away, type NotMade } from './make-entries.ts';
import type { StartDeps } from './make-start.ts';
import { NEVER } from './never.ts';
import { checkAll, debounceAll, findBehind, reserveSlots } from './prepare-entries.ts';
import { areToSettle } from './still-to-make.ts';

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
 * Lease of the entries that a pass has claimed. It is much longer than a pass takes; a slower pass stops at half of it, and the entries of
 * a process that died become available when it expires.
 */
const LEASE_MS = 60_000;

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
  let away: Away | undefined;
  const notMade: NotMade = new Map();
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
    ({ away } = await makeEntries(deps, toMake, {
      signal,
      pace,
      due,
      atOnce,
      pass,
      isOurs,
      until: takenAt + LEASE_MS / 2,
      behind,
      admitted,
      settled,
      faults,
      notMade,
    }));
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
