import { groupBy } from './group-by.ts';
import { DEFAULT_PRIORITY, NO_KEY, type Urgency } from './priority.ts';

/** The turns of one priority. Times are virtual: serving an item takes the key 1 / weight. */
interface Level {
  /** The time at which the latest item was served. A key that begins to wait starts here, so an idle key saves up no turns. */
  now: number;
  /** The time at which the next item of each key is due, if that is later than {@link now}. */
  next: Map<string, number>;
  /** The time that keys have back for items that were served and returned. */
  owed: Map<string, number>;
}

/** Keys whose times are kept. Without them, a key has its turn early once. */
const MOST_KEYS = 10_000;

/** Halvings of an interval of time: it is then shorter than the time between two turns. */
const SEARCH_STEPS = 40;

/**
 * The turns of waiting items: by priority, and within a priority by key, each key in proportion to the weight of its items (start-time fair
 * queuing). Items of one key keep their order. What was served is remembered, so that shares hold across calls.
 */
export class FairTurns {
  readonly #levels = new Map<number, Level>();

  /**
   * Returns at most `count` items in the order of their turns. Of two keys whose turn it is, the one comes first whose item comes first in
   * `waiting`. Takes no turn: see {@link served}.
   */
  order<Item extends Urgency>(waiting: readonly Item[], count = waiting.length): Item[] {
    const ordered: Item[] = [];
    for (const [priority, items] of [...groupBy(waiting, priorityOf)].sort(([a], [b]) => a - b)) {
      if (ordered.length >= count) break;
      const level = this.#level(priority);
      const next = new Map<string, number>();
      const turns = items.map((item) => {
        const key = keyOf(item);
        const at = next.get(key) ?? turnOf(level, key);
        next.set(key, at + 1 / weightOf(item));
        return { item, at };
      });
      // The sort is stable: of two whose time is the same, the one that comes first in `waiting` stays first.
      ordered.push(...turns.sort((a, b) => a.at - b.at).map(({ item }) => item));
    }
    return ordered.slice(0, count);
  }

  /**
   * Returns how many of the next `count` turns of a priority each key gets, if it has enough items: at least one for each key whose time is
   * as early as that of the first. `weights` has those of the waiting keys.
   */
  shares(priority: number, weights: ReadonlyMap<string, number>, count: number): Map<string, number> {
    const level = this.#level(priority);
    const keys = [...weights].map(([key, weight]) => ({ key, weight, at: turnOf(level, key) }));
    const turnsUntil = (time: number, { weight, at }: { weight: number; at: number }): number =>
      time < at ? 0 : Math.min(count, Math.floor((time - at) * weight) + 1);
    let from = Math.min(...keys.map(({ at }) => at));
    let to = Math.min(...keys.map(({ weight, at }) => at + count / weight));
    for (let step = 0; step < SEARCH_STEPS; step++) {
      const time = (from + to) / 2;
      const turns = keys.reduce((sum, key) => sum + turnsUntil(time, key), 0);
      if (turns < count) from = time;
      else to = time;
    }
    return new Map(keys.map((key) => [key.key, turnsUntil(to, key)]));
  }

  /**
   * Notes that an item was served. With `outOfTurn`, others whose turns come before it are still waiting, and keep them: the item counts
   * against its key alone.
   */
  served(item: Urgency, { outOfTurn = false } = {}): void {
    const level = this.#level(priorityOf(item));
    const key = keyOf(item);
    const owed = level.owed.get(key);
    if (owed !== undefined) {
      const left = owed - 1 / weightOf(item);
      // Less than any turn is a rounding error.
      if (left > 1e-6) level.owed.set(key, left);
      else level.owed.delete(key);
      return;
    }
    const at = turnOf(level, key);
    if (!outOfTurn) level.now = at;
    level.next.set(key, at + 1 / weightOf(item));
    if (level.next.size <= MOST_KEYS) return;
    for (const [other, next] of level.next) if (next <= level.now) level.next.delete(other);
    if (level.next.size > MOST_KEYS) level.next.clear();
  }

  /** Notes that an item which was served waits again: its key has its turn back. */
  returned(item: Urgency): void {
    const { owed } = this.#level(priorityOf(item));
    const key = keyOf(item);
    owed.set(key, (owed.get(key) ?? 0) + 1 / weightOf(item));
    // As with the times of keys: without them, a key has its turn late once.
    if (owed.size > MOST_KEYS) owed.clear();
  }

  #level(priority: number): Level {
    let level = this.#levels.get(priority);
    if (!level) this.#levels.set(priority, (level = { now: 0, next: new Map(), owed: new Map() }));
    return level;
  }
}

const priorityOf = ({ priority }: Urgency): number => priority ?? DEFAULT_PRIORITY;
const keyOf = ({ fairnessKey }: Urgency): string => fairnessKey ?? NO_KEY;
const weightOf = ({ fairnessWeight }: Urgency): number => fairnessWeight ?? 1;
const turnOf = ({ now, next, owed }: Level, key: string): number =>
  Math.max(now, next.get(key) ?? 0) - (owed.get(key) ?? 0);
