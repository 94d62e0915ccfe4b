import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { FairTurns } from '../../values/fair-turns.ts';
import { groupBy } from '../../values/group-by.ts';
import { DEFAULT_PRIORITY, NO_KEY, priorities, type Urgency } from '../../values/priority.ts';
import type { JobRegistry } from '../registry.ts';
import { checkStarts } from './check-start.ts';
import { entryColumns, type StoredEntry } from './enqueue.ts';
import { isExpired } from './expiry.ts';
import { areToCheck, areToSettle, areWaiting, isToSettle } from './still-to-make.ts';

/** Keys in a window: those that are looked at together. The next pass continues with the window behind it. */
const MOST_KEYS = 100;

/** Windows of one priority that one pass looks through if they have few due entries. */
const MOST_WINDOWS = 10;

/** Entries that SQL committed and that are checked with one statement. */
const CHECKED_TOGETHER = 200;

/** Time after which a pass checks no further entries, in milliseconds: the next pass continues with those behind them. */
const MOST_CHECK_MS = 250;

/** An entry that is due, before it is claimed. */
type DueStart = Urgency & { id: number; jobId: string | null };

/** An entry that a pass has claimed. */
export type ClaimedEntry = StoredEntry & {
  /** The end of its lease in PostgreSQL's format. A later time of the entry is that of someone else. */
  lease: string;
};

/** Takes due entries by priority, and in turns between keys. It remembers which keys had their turns. */
export class DueStarts {
  readonly #turns = new FairTurns();
  /** Where the next look at the keys of a priority begins. */
  readonly #from = new Map<number, string>();
  /** The entry behind which the next check begins, with the microseconds of its time. */
  #checkedUpTo: { dueAt: string; id: number } | undefined;

  /** Whether the last pass may not have looked at all keys. */
  isPartial = false;

  /**
   * Checks due entries that SQL committed, so that their jobs are known before one is chosen: a later start of the same job is not made
   * before them. Those that cannot be checked are dealt with in their turn.
   * @throws the database's error if it is not about the values of one start.
   */
  async check(deps: { db: Db; jobs: JobRegistry }): Promise<void> {
    const begin = performance.now();
    do {
      const after = this.#checkedUpTo;
      const entries = await deps.db
        .selectFrom('outbox')
        .select([...entryColumns, sql<string>`next_attempt_at::text`.as('dueAt')])
        .where(areToCheck)
        .where('nextAttemptAt', '<=', sql<Date>`now()`)
        .$if(after !== undefined, (qb) =>
          qb.where(sql<boolean>`(next_attempt_at, id) > (${after?.dueAt}::timestamptz, ${after?.id})`),
        )
        .orderBy('nextAttemptAt')
        .orderBy('id')
        .limit(CHECKED_TOGETHER)
        .execute();
      await checkStarts(
        deps,
        entries.filter((entry) => !isExpired(entry)),
      );
      this.#checkedUpTo = entries.length < CHECKED_TOGETHER ? undefined : entries.at(-1);
    } while (this.#checkedUpTo && performance.now() - begin < MOST_CHECK_MS);
  }

  /**
   * Claims at most `count` entries that are due. Those of a job are claimed in their order: an urgent one pulls earlier ones forward, and
   * is claimed when no more than it are left. No one else claims them for `leaseMs`. Returns them in the order of their turns.
   */
  async take(db: Db, count: number, leaseMs: number): Promise<ClaimedEntry[]> {
    const waiting: DueStart[] = [];
    this.isPartial = false;
    for (const priority of priorities) {
      if (waiting.length < count) waiting.push(...(await this.#look(db, priority, count)));
    }
    const next = this.#turns.order(waiting, count);
    if (next.length === 0) return [];
    const ids = chosenOf(next, await findEarlier(db, next, count), count);
    const entries = await db
      .with(
        // Materialized: as a subquery it may be run again for each row that it is joined with.
        (cte) => cte('due').materialized(),
        (qb) =>
          qb
            .selectFrom('outbox')
            .select('id')
            .where('id', '=', sql<number>`ANY(${ids}::bigint[])`)
            .where(isToSettle)
            .where('nextAttemptAt', '<=', sql<Date>`now()`)
            .orderBy('id')
            .forUpdate()
            .skipLocked(),
      )
      .updateTable('outbox')
      .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${leaseMs / 1_000})` })
      .where('id', '=', sql<number>`ANY(ARRAY(SELECT id FROM due))`)
      .returning([...entryColumns, sql<string>`next_attempt_at::text`.as('lease')])
      .execute();
    return this.inTurn(entries);
  }

  /** Returns entries in the order of their turns, and those of one job in the order in which they were committed. */
  inTurn<Entry extends StoredEntry>(entries: readonly Entry[]): Entry[] {
    const byId = entries.toSorted((a, b) => a.id - b.id);
    const ofJob = groupBy(byId, ({ jobId }) => jobId);
    return this.#turns.order(byId).flatMap((entry) => {
      if (entry.jobId === null) return [entry];
      const own = ofJob.get(entry.jobId) ?? [];
      // None if a later one has pulled it forward.
      return own.splice(0, own.filter(({ id }) => id <= entry.id).length);
    });
  }

  /** Notes that an entry had its turn. */
  served(entry: StoredEntry): void {
    this.#turns.served(entry);
  }

  /**
   * Returns due entries of one priority, the oldest ones of each key, without a lock. It looks at windows of keys until it has `count` entries.
   * Behind the last key it continues with the first, so that each window is full and no key is looked at more often than the others.
   */
  async #look(db: Db, priority: number, count: number): Promise<DueStart[]> {
    const begin = this.#from.get(priority) ?? NO_KEY;
    const due: DueStart[] = [];
    let range: KeyRange = { from: begin };
    for (let windows = 0, keys = 0; ;) {
      const found = await findDue(db, priority, range, { keys: MOST_KEYS - keys, perKey: count });
      due.push(...found.due);
      keys += found.keys.length;
      if (keys === MOST_KEYS) {
        // No key contains a control character, so this comes right after it.
        const from = `${found.keys.at(-1) ?? ''}\u0001`;
        this.#from.set(priority, from);
        if (due.length >= count) break;
        if (++windows === MOST_WINDOWS) {
          this.isPartial = true;
          break;
        }
        range = { ...range, from };
        keys = 0;
      } else if (begin !== NO_KEY && range.before === undefined) range = { from: NO_KEY, before: begin };
      else {
        if (windows === 0 && begin === NO_KEY) this.#from.delete(priority);
        break;
      }
    }
    return due.sort((a, b) => a.id - b.id);
  }
}

/** An earlier start of a job, and whether it is due. */
interface EarlierStart {
  jobId: string;
  id: number;
  isDue: boolean;
}

/** Returns the earliest waiting starts of the jobs of these entries, at most `count` of each, in their order. */
async function findEarlier(db: Db, entries: readonly DueStart[], count: number): Promise<EarlierStart[]> {
  const latest = new Map<string, number>();
  for (const { jobId, id } of entries)
    if (jobId !== null) latest.set(jobId, Math.max(id, latest.get(jobId) ?? 0));
  const { rows } = await sql<EarlierStart>`
    SELECT job.id AS "jobId", start.id, start.next_attempt_at <= now() AS "isDue"
    FROM unnest(${[...latest.keys()]}::text[], ${[...latest.values()]}::bigint[]) AS job (id, up_to) CROSS JOIN LATERAL (
      SELECT id, next_attempt_at FROM outbox
      WHERE job_id = job.id AND id < job.up_to AND ${areWaiting}
      ORDER BY id LIMIT ${count}) AS start`.execute(db);
  return rows;
}

/**
 * Returns the ids of at most `count` entries: for each of the given ones the earlier starts of its job, and then itself. Those of one priority
 * take turns, so that none waits for all the earlier starts of another. An earlier start that is not due ends the row of its job: what is
 * behind it is not made now.
 */
function chosenOf(next: readonly DueStart[], earlier: readonly EarlierStart[], count: number): number[] {
  const ofJob = groupBy(earlier, ({ jobId }) => jobId);
  const chosen = new Set<number>();
  for (const entries of groupBy(next, ({ priority }) => priority ?? DEFAULT_PRIORITY).values()) {
    const rows = entries.map(({ id, jobId }) => {
      const before = (jobId === null ? [] : (ofJob.get(jobId) ?? [])).filter((start) => start.id < id);
      const end = before.findIndex(({ isDue }) => !isDue);
      return [...(end === -1 ? before : before.slice(0, end)).map((start) => start.id), id];
    });
    const longest = Math.max(...rows.map(({ length }) => length));
    for (let place = 0; place < longest; place++) {
      for (const row of rows) {
        const id = row[place];
        if (id !== undefined) chosen.add(id);
        if (chosen.size === count) return [...chosen];
      }
    }
  }
  return [...chosen];
}

/** Keys from one, inclusive, up to another, exclusive. */
interface KeyRange {
  from: string;
  before?: string;
}

/** Returns the keys of a range that have entries to settle, at most `keys`, and the oldest due entries of each. */
async function findDue(
  db: Db,
  priority: number,
  { from, before }: KeyRange,
  most: { keys: number; perKey: number },
): Promise<{ keys: string[]; due: DueStart[] }> {
  const isInRange = sql`${areToSettle} AND coalesce(priority, 3::smallint) = ${priority}
    ${before === undefined ? sql`` : sql`AND coalesce(fairness_key, '') < ${before}`}`;
  const { rows } = await sql<Omit<DueStart, 'id'> & { id: number | null; key: string }>`
    WITH RECURSIVE keys AS (
      (SELECT coalesce(fairness_key, '') AS key, 1 AS place FROM outbox
        WHERE ${isInRange} AND coalesce(fairness_key, '') >= ${from}
        ORDER BY coalesce(fairness_key, '') LIMIT 1)
      UNION ALL
      SELECT (SELECT coalesce(fairness_key, '') FROM outbox
        WHERE ${isInRange} AND coalesce(fairness_key, '') > keys.key
        ORDER BY coalesce(fairness_key, '') LIMIT 1), place + 1
      FROM keys WHERE keys.key IS NOT NULL AND place < ${most.keys})
    SELECT keys.key, start.* FROM keys LEFT JOIN LATERAL (
      SELECT id, job_id AS "jobId", priority, fairness_key AS "fairnessKey", fairness_weight AS "fairnessWeight" FROM outbox
      WHERE ${areToSettle} AND coalesce(priority, 3::smallint) = ${priority}
        AND coalesce(fairness_key, '') = keys.key AND next_attempt_at <= now()
      ORDER BY id LIMIT ${most.perKey}) AS start ON true
    WHERE keys.key IS NOT NULL`.execute(db);
  return {
    keys: [...new Set(rows.map(({ key }) => key))],
    due: rows.flatMap(({ id, ...row }): DueStart[] => (id === null ? [] : [{ id, ...row }])),
  };
}
