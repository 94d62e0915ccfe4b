import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { ofOwnIndex } from '../database/own-index.ts';
import { FairTurns } from '../values/fair-turns.ts';
import { groupBy } from '../values/group-by.ts';
import { DEFAULT_PRIORITY, NO_KEY, priorities, type Urgency } from '../values/priority.ts';

/** Due items of a kind that are read at first. If there are fewer, they are all, and nothing has to be read by key. */
const MOST_OLDEST = 100;

/** Keys of one kind and priority that are looked at together; the next look continues with those behind them. */
const MOST_KEYS = 1_000;

/** Turns that are planned by one look. */
const LINE_LENGTH = 256;

/** The time after which due items are looked at again, in milliseconds: an urgent one waits no longer for its turn. */
const FRESH_MS = 250;

/**
 * After a slow look, the next one follows after this multiple of its time, so that looks take at most a tenth of the time, unless the line is
 * used up before.
 */
const LOOKS_SHARE = 10;

/** The longest time after which due items are looked at again, in milliseconds, however slow looks are. */
const MOST_FRESH_MS = 5_000;

/** The conditions of the indexes `work_items_due_of_kind`, `work_items_due_plain` and `work_items_in_turns`. */
export const isOpen = sql<boolean>`status IN ('pending', 'running')`;
export const isPlain = sql<boolean>`${isOpen} AND priority IS NULL AND fairness_key IS NULL`;
const takesTurns = ofOwnIndex(sql<boolean>`${isOpen} AND (priority IS NOT NULL OR fairness_key IS NOT NULL)`);

/** Whether an open item of one of these kinds has a priority or a key: a step in an index for each kind, which is empty if none has. */
export const isAnyInTurns = (kinds: readonly string[]) => sql<boolean>`EXISTS (
  SELECT FROM unnest(${kinds}::text[]) AS known (name) CROSS JOIN LATERAL (
    SELECT FROM work_items WHERE ${takesTurns} AND kind = known.name
    ORDER BY coalesce(priority, 3::smallint), coalesce(fairness_key, ''), due_at LIMIT 1) AS item)`;

/** An item that is due, before it is claimed. */
type DueItem = Urgency & { id: string; kind: string; dueAt: Date };

const columns = sql`id, kind, due_at AS "dueAt", priority, fairness_key AS "fairnessKey", fairness_weight AS "fairnessWeight"`;

/** The keys of one kind and priority from one, inclusive, up to another, exclusive. */
interface Lane {
  kind: string;
  priority: number;
  from: string;
  before: string | null;
  most: number;
}

/** A key of a lane, as its first item has it. */
interface Head {
  kind: string;
  priority: number;
  key: string;
  weight: number;
  isDue: boolean;
}

/**
 * Due items in line: by priority, in turns between keys, and within a key longest due first. They are read without a lock, so other workers
 * may claim some of them first. It remembers which keys had their turns.
 */
export class DueItems {
  readonly #db: Db;
  readonly #kinds: readonly string[];
  readonly #turns = new FairTurns();
  /** Where the next look at the keys of a kind and priority begins. */
  readonly #from = new Map<string, string>();
  #line: string[] = [];
  #freshUntil = 0;

  constructor(db: Db, kinds: readonly string[]) {
    this.#db = db;
    this.#kinds = kinds;
  }

  /** Whether the last look found items with a priority or a key. */
  isInTurns = false;

  /** Whether the last look found all items that were due. */
  isComplete = false;

  /** Whether nothing is in line. */
  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  /** Whether nothing is in line, or due items were looked at long ago. */
  get isOld(): boolean {
    return this.isEmpty || performance.now() > this.#freshUntil;
  }

  /** Removes and returns the ids of the first `count` items in line. */
  next(count: number): string[] {
    return this.#line.splice(0, count);
  }

  /** Puts items back to the head of the line. */
  putBack(ids: readonly string[]): void {
    this.#line.unshift(...ids);
  }

  /** Forgets the line. */
  clear(): void {
    this.#line = [];
  }

  /** Notes that an item was claimed; with `outOfTurn`, one that was not in line. */
  served(item: Urgency, options?: { outOfTurn: boolean }): void {
    this.#turns.served(item, options);
  }

  /** Notes that an item which had its turn was returned: the next look finds it in its place. */
  returned(item: Urgency): void {
    this.#turns.returned(item);
    this.clear();
  }

  /** Reads due items, at least `count` if that many are due, and puts them in line. */
  async look(count: number): Promise<void> {
    const begin = performance.now();
    const oldest = await this.#oldest();
    const byKind = groupBy(oldest, ({ kind }) => kind);
    const long = this.#kinds.filter((kind) => byKind.get(kind)?.length === MOST_OLDEST);
    this.isComplete = long.length === 0;
    this.isInTurns = oldest.some((item) => item.priority !== null || item.fairnessKey !== null);
    let waiting = oldest;
    if (!this.isComplete) {
      const heads = await this.#heads(long);
      if (heads.length > 0) this.isInTurns = true;
      const ofLong = await this.#inTurns(long, heads, count);
      // None if all keys that have something due are behind those that were looked at.
      if (ofLong.length > 0) waiting = [...oldest.filter(({ kind }) => !long.includes(kind)), ...ofLong];
    }
    waiting.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    this.#line = this.#turns.order(waiting).map(({ id }) => id);
    const end = performance.now();
    this.#freshUntil = end + Math.min(Math.max(FRESH_MS, (end - begin) * LOOKS_SHARE), MOST_FRESH_MS);
  }

  /** Returns the items of each kind that have been due longest, whatever their priorities and keys. */
  async #oldest(): Promise<DueItem[]> {
    const { rows } = await sql<DueItem>`
      SELECT item.* FROM unnest(${this.#kinds}::text[]) AS known (name) CROSS JOIN LATERAL (
        SELECT ${columns} FROM work_items
        WHERE ${isOpen} AND kind = known.name AND due_at <= now()
        ORDER BY due_at LIMIT ${MOST_OLDEST}) AS item`.execute(this.#db);
    return rows;
  }

  /**
   * Returns the next keys of each priority of the kinds. Behind the last key it continues with the first, so that no key is looked at more
   * often than the others.
   */
  async #heads(kinds: readonly string[]): Promise<Head[]> {
    const lanes = kinds.flatMap((kind) =>
      priorities.map((priority) => {
        const from = this.#from.get(laneOf({ kind, priority })) ?? NO_KEY;
        return { kind, priority, from, before: null, most: MOST_KEYS };
      }),
    );
    const first = await this.#headsOf(lanes);
    const rest = lanes.flatMap((lane): Lane[] => {
      const found = first.filter((head) => laneOf(head) === laneOf(lane)).length;
      if (lane.from === NO_KEY || found === MOST_KEYS) return [];
      return [{ ...lane, from: NO_KEY, before: lane.from, most: MOST_KEYS - found }];
    });
    const heads = rest.length === 0 ? first : [...first, ...(await this.#headsOf(rest))];
    const ofLane = groupBy(heads, laneOf);
    for (const lane of lanes) {
      const found = ofLane.get(laneOf(lane)) ?? [];
      // No key contains a control character, so this comes right after it.
      if (found.length === MOST_KEYS) this.#from.set(laneOf(lane), `${found.at(-1)?.key ?? ''}\u0001`);
      else this.#from.delete(laneOf(lane));
    }
    return heads;
  }

  async #headsOf(lanes: readonly Lane[]): Promise<Head[]> {
    const head = sql`coalesce(fairness_key, '') AS key, coalesce(fairness_weight, 1) AS weight, due_at`;
    const isOfLane = sql`${takesTurns} AND kind = lane.kind AND coalesce(priority, 3::smallint) = lane.priority`;
    const inOrder = sql`ORDER BY coalesce(fairness_key, ''), due_at LIMIT 1`;
    const { rows } = await sql<Head>`
      SELECT lane.kind, lane.priority, head.key, head.weight, head.due_at <= now() AS "isDue"
      FROM unnest(${lanes.map(({ kind }) => kind)}::text[], ${lanes.map(({ priority }) => priority)}::smallint[],
        ${lanes.map(({ from }) => from)}::text[], ${lanes.map(({ before }) => before)}::text[],
        ${lanes.map(({ most }) => most)}::integer[]) AS lane (kind, priority, "from", before, most)
      CROSS JOIN LATERAL (
        WITH RECURSIVE keys AS (
          (SELECT 1 AS place, ${head} FROM work_items
            WHERE ${isOfLane} AND coalesce(fairness_key, '') >= lane."from" ${inOrder})
          UNION ALL
          SELECT keys.place + 1, next.* FROM keys CROSS JOIN LATERAL (
            SELECT ${head} FROM work_items WHERE ${isOfLane} AND coalesce(fairness_key, '') > keys.key ${inOrder}) AS next
          WHERE keys.place < lane.most)
        SELECT * FROM keys WHERE lane.before IS NULL OR key < lane.before) AS head`.execute(this.#db);
    return rows;
  }

  /**
   * Returns due items of the kinds for their next turns: of each key as many as it has turns. Those without priority and key have one key
   * together, as they are not in the index of the keys. Stops at the priority with which there are `count`.
   */
  async #inTurns(kinds: readonly string[], heads: readonly Head[], count: number): Promise<DueItem[]> {
    const due = heads.filter(({ isDue }) => isDue);
    const found: DueItem[] = [];
    for (const priority of priorities) {
      const own = due.filter((head) => head.priority === priority);
      const weights = new Map(own.map(({ key, weight }) => [key, weight]));
      const plain = priority === DEFAULT_PRIORITY ? kinds : [];
      if (plain.length > 0) weights.set(NO_KEY, 1);
      if (weights.size === 0) continue;
      const shares = this.#turns.shares(priority, weights, Math.max(LINE_LENGTH, count));
      const { rows } = await sql<DueItem>`
        SELECT item.* FROM unnest(${own.map(({ kind }) => kind)}::text[], ${own.map(({ key }) => key)}::text[],
          ${own.map(({ key }) => shares.get(key) ?? 0)}::integer[]) AS head (kind, key, most)
        CROSS JOIN LATERAL (
          SELECT ${columns} FROM work_items
          WHERE ${takesTurns} AND kind = head.kind AND coalesce(priority, 3::smallint) = ${priority}
            AND coalesce(fairness_key, '') = head.key AND due_at <= now()
          ORDER BY due_at LIMIT head.most) AS item
        UNION ALL
        SELECT item.* FROM unnest(${plain}::text[]) AS plain (kind) CROSS JOIN LATERAL (
          SELECT ${columns} FROM work_items
          WHERE ${isPlain} AND kind = plain.kind AND due_at <= now()
          ORDER BY due_at LIMIT ${shares.get(NO_KEY) ?? 0}) AS item`.execute(this.#db);
      found.push(...rows);
      if (found.length >= count) break;
    }
    return found;
  }
}

const laneOf = ({ kind, priority }: { kind: string; priority: number }): string => `${priority}:${kind}`;
