/** Work in lanes: the items of one key are done one after another, in the order in which they came, and those of different keys side by side. */
export interface Lanes<Item> {
  /** Items that have not begun. */
  readonly waiting: number;
  /** Items that have begun and not ended. */
  readonly running: number;
  add: (item: Item) => void;
  /** Takes out the items that have not begun, in the order in which they came. */
  clear: () => Item[];
  /** Begins what the limit allows. It is called after each item by itself; call it when the limit has risen. */
  wake: () => void;
  /** Resolves when the next item ends, or at once where nothing waits or runs. */
  nextEnd: () => Promise<void>;
  /** Resolves when nothing waits or runs. */
  idle: () => Promise<void>;
}

/** What lanes work with. */
export interface LanesOptions<Item> {
  keyOf: (item: Item) => string;
  /** Does one item. It must not reject. */
  work: (item: Item) => Promise<void>;
  /** How many items may run at once, at this moment. */
  limit: () => number;
}

/** Creates lanes. */
export function createLanes<Item>({ keyOf, work, limit }: LanesOptions<Item>): Lanes<Item> {
  /** The waiting items by key, each with its place in the order of arrival; a key is here while it has an item that waits or runs. */
  const lanes = new Map<string, { item: Item; place: number }[]>();
  /** The keys whose next item may begin, longest ready first. */
  const ready = new Set<string>();
  let places = 0;
  let waiting = 0;
  let running = 0;
  let onEnd: (() => void)[] = [];
  let onIdle: (() => void)[] = [];

  const run = async (key: string, item: Item): Promise<void> => {
    try {
      await work(item);
    } finally {
      running--;
      const lane = lanes.get(key);
      if (lane && lane.length > 0) ready.add(key);
      else lanes.delete(key);
      wake();
      const ended = onEnd;
      onEnd = [];
      for (const resolve of ended) resolve();
      tellIfIdle();
    }
  };

  const tellIfIdle = (): void => {
    if (waiting + running > 0) return;
    const resolves = [...onEnd, ...onIdle];
    onEnd = [];
    onIdle = [];
    for (const resolve of resolves) resolve();
  };

  const unlessIdle = (list: () => (() => void)[]): Promise<void> =>
    waiting + running === 0 ? Promise.resolve() : new Promise((resolve) => list().push(resolve));

  const wake = (): void => {
    for (const key of ready) {
      if (running >= limit()) return;
      ready.delete(key);
      const next = lanes.get(key)?.shift();
      if (!next) continue;
      waiting--;
      running++;
      void run(key, next.item);
    }
  };

  return {
    get waiting() {
      return waiting;
    },
    get running() {
      return running;
    },
    add(item) {
      const key = keyOf(item);
      const lane = lanes.get(key);
      if (lane) lane.push({ item, place: places++ });
      else {
        lanes.set(key, [{ item, place: places++ }]);
        ready.add(key);
      }
      waiting++;
      wake();
    },
    clear() {
      const taken = [...lanes.values()].flat().toSorted((a, b) => a.place - b.place);
      for (const key of ready) lanes.delete(key);
      ready.clear();
      for (const lane of lanes.values()) lane.length = 0;
      waiting = 0;
      tellIfIdle();
      return taken.map(({ item }) => item);
    },
    wake,
    nextEnd: () => unlessIdle(() => onEnd),
    idle: () => unlessIdle(() => onIdle),
  };
}
