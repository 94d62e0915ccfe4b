import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { FairTurns } from '../../values/fair-turns.ts';
import { groupBy } from '../../values/group-by.ts';
import { NO_KEY, priorities, type Urgency } from '../../values/priority.ts';
import { entryColumns, type StoredEntry } from './enqueue.ts';

/** Keys in a window: those that are looked at together. The next pass continues with the window behind it. */
const MOST_KEYS = 100;

/** Windows of one priority that one pass looks through if they have few due entries. */
const MOST_WINDOWS = 10;

/** Whether an entry is to be settled: made, or, of those that are held, its withdrawal recorded. As in the index `outbox_turns`. */
const isToSettle = sql<boolean>`dispatched_at IS NULL AND dropped_at IS NULL AND (NOT is_held OR withdrawn_at IS NOT NULL)`;

/** An entry that is due, before it is claimed. */
type DueStart = Urgency & { id: number };

/** Takes due entries by priority, and in turns between keys. It remembers which keys had their turns. */
export class DueStarts {
  readonly #turns = new FairTurns();
  /** Where the next look at the keys of a priority begins. */
  readonly #from = new Map<number, string>();

  /**
   * Claims entries that are due: `count`, and for each job among them its oldest one, so that a job's starts are made in their order and
   * an urgent one pulls an earlier one forward. No one else claims them for `leaseMs`. Returns them in the order of their turns.
   */
  async take(db: Db, count: number, leaseMs: number): Promise<StoredEntry[]> {
    const waiting: DueStart[] = [];
    for (const priority of priorities) {
      if (waiting.length < count) waiting.push(...(await this.#look(db, priority, count)));
    }
    const next = this.#turns.order(waiting, count);
    if (next.length === 0) return [];
    const ids = next.map(({ id }) => id);
    const entries = await db
      .with(
        // Materialized: as a subquery it may be run again for each row that it is joined with.
        (cte) => cte('due').materialized(),
        (qb) =>
          qb
            .selectFrom('outbox')
            .select('id')
            .where(
              sql<boolean>`id IN (
                SELECT unnest(${ids}::bigint[])
                UNION ALL
                SELECT earliest.id FROM outbox AS entry CROSS JOIN LATERAL (
                  SELECT id FROM outbox AS earlier
                  WHERE earlier.job_id = entry.job_id AND earlier.id < entry.id AND NOT is_held
                    AND dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL
                  ORDER BY id LIMIT 1) AS earliest
                WHERE entry.id = ANY(${ids}::bigint[]))`,
            )
            .where(isToSettle)
            .where('nextAttemptAt', '<=', sql<Date>`now()`)
            .orderBy('id')
            .forUpdate()
            .skipLocked(),
      )
      .updateTable('outbox')
      .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${leaseMs / 1_000})` })
      .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
      .returning(entryColumns)
      .execute();
    return this.inTurn(entries);
  }

  /** Returns entries in the order of their turns, and those of one job in the order in which they were committed. */
  inTurn(entries: readonly StoredEntry[]): StoredEntry[] {
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
        if (due.length >= count || ++windows === MOST_WINDOWS) break;
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
  const isInRange = sql`${isToSettle} AND coalesce(priority, 3::smallint) = ${priority}
    ${before === undefined ? sql`` : sql`AND coalesce(fairness_key, '') < ${before}`}`;
  const { rows } = await sql<Urgency & { id: number | null; key: string }>`
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
      SELECT id, priority, fairness_key AS "fairnessKey", fairness_weight AS "fairnessWeight" FROM outbox
      WHERE ${isToSettle} AND coalesce(priority, 3::smallint) = ${priority}
        AND coalesce(fairness_key, '') = keys.key AND next_attempt_at <= now()
      ORDER BY id LIMIT ${most.perKey}) AS start ON true
    WHERE keys.key IS NOT NULL`.execute(db);
  return {
    keys: [...new Set(rows.map(({ key }) => key))],
    due: rows.flatMap(({ id, ...row }): DueStart[] => (id === null ? [] : [{ id, ...row }])),
  };
}
