import { groupBy } from './group-by.ts';
import { DEFAULT_PRIORITY, NO_KEY, type Urgency } from './priority.ts';

/** The turns of one priority. Times are virtual: serving an item takes the key 1 / weight. */
interface Level {
  /** The time at which the latest item was served. A key that begins to wait starts here, so an idle key saves up no turns. */
  now: number;
  /** The time at which the next item of each key is due, if that is later than {@link now}. */
  next: Map<string, number>;
}

/** Keys whose times are kept. Without them, a key has its turn early once. */
const MOST_KEYS = 10_000;

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
      const level = this.#level(priority);
      const places = new Map(items.map((item, place) => [item, place]));
      const lanes = [...groupBy(items, keyOf)].map(([key, own]) => ({
        own,
        taken: 0,
        at: turnOf(level, key),
      }));
      for (let left = items.length; left > 0 && ordered.length < count; left--) {
        let first: { own: Item[]; taken: number; at: number } | undefined;
        let place = Infinity;
        for (const lane of lanes) {
          const item = lane.own[lane.taken];
          if (item === undefined) continue;
          const own = places.get(item) ?? 0;
          if (first && (lane.at > first.at || (lane.at === first.at && own > place))) continue;
          first = lane;
          place = own;
        }
        const item = first?.own[first.taken];
        if (!first || item === undefined) break;
        ordered.push(item);
        first.taken++;
        first.at += 1 / weightOf(item);
      }
    }
    return ordered;
  }

  /** Notes that an item had its turn. */
  served(item: Urgency): void {
    const level = this.#level(priorityOf(item));
    const key = keyOf(item);
    const at = turnOf(level, key);
    level.now = at;
    level.next.set(key, at + 1 / weightOf(item));
    if (level.next.size <= MOST_KEYS) return;
    for (const [other, next] of level.next) if (next <= level.now) level.next.delete(other);
    if (level.next.size > MOST_KEYS) level.next.clear();
  }

  #level(priority: number): Level {
    let level = this.#levels.get(priority);
    if (!level) this.#levels.set(priority, (level = { now: 0, next: new Map() }));
    return level;
  }
}

const priorityOf = ({ priority }: Urgency): number => priority ?? DEFAULT_PRIORITY;
const keyOf = ({ fairnessKey }: Urgency): string => fairnessKey ?? NO_KEY;
const weightOf = ({ fairnessWeight }: Urgency): number => fairnessWeight ?? 1;
const turnOf = (level: Level, key: string): number => Math.max(level.now, level.next.get(key) ?? 0);
