import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { FairTurns } from '../../values/fair-turns.ts';
import { groupBy } from '../../values/group-by.ts';
import { NO_KEY, priorities, type Urgency } from '../../values/priority.ts';
import { entryColumns, type StoredEntry } from './enqueue.ts';

/** Keys of one priority that are looked at in one pass; the next pass continues with those behind them. */
const MOST_KEYS = 100;

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
    const isWhole = this.#from.size === 0;
    let waiting = await this.#look(db, count);
    // No key was left behind those of the previous look.
    if (waiting.length === 0 && !isWhole) waiting = await this.#look(db, count);
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

  /** Returns due entries of each priority and key, oldest first, without a lock. */
  async #look(db: Db, count: number): Promise<DueStart[]> {
    const from = priorities.map((priority) => this.#from.get(priority) ?? NO_KEY);
    const { rows } = await sql<DueStart & { level: number; key: string }>`
      SELECT level.priority AS level, keys.key, start.* FROM unnest(${priorities}::smallint[], ${from}::text[]) AS level (priority, first_key)
      CROSS JOIN LATERAL (
        WITH RECURSIVE keys AS (
          (SELECT coalesce(fairness_key, '') AS key, 1 AS place FROM outbox
            WHERE ${isToSettle} AND coalesce(priority, 3::smallint) = level.priority
              AND coalesce(fairness_key, '') >= level.first_key
            ORDER BY coalesce(fairness_key, '') LIMIT 1)
          UNION ALL
          SELECT (SELECT coalesce(fairness_key, '') FROM outbox
            WHERE ${isToSettle} AND coalesce(priority, 3::smallint) = level.priority
              AND coalesce(fairness_key, '') > keys.key
            ORDER BY coalesce(fairness_key, '') LIMIT 1), place + 1
          FROM keys WHERE keys.key IS NOT NULL AND place < ${MOST_KEYS})
        SELECT key FROM keys WHERE key IS NOT NULL) AS keys
      LEFT JOIN LATERAL (
        SELECT id, priority, fairness_key AS "fairnessKey", fairness_weight AS "fairnessWeight" FROM outbox
        WHERE ${isToSettle} AND coalesce(priority, 3::smallint) = level.priority
          AND coalesce(fairness_key, '') = keys.key AND next_attempt_at <= now()
        ORDER BY id LIMIT ${count}) AS start ON true`.execute(db);
    for (const [level, found] of groupBy(rows, ({ level }) => level)) {
      const keys = new Set(found.map(({ key }) => key));
      // No key contains a control character, so this comes right after it.
      if (keys.size === MOST_KEYS) this.#from.set(level, `${[...keys].at(-1) ?? ''}\u0001`);
      else this.#from.delete(level);
    }
    return rows.filter(({ id }) => id !== null).sort((a, b) => a.id - b.id);
  }
}
