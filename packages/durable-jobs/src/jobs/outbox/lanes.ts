/** Work in lanes: the items of one key are done one after another, in the order in which they came, and those of different keys side by side. */
export interface Lanes<Item> {
  /** Items that have not begun. */
  readonly waiting: number;
  add: (item: Item) => void;
  /** Resolves when nothing waits or runs. */
  idle: () => Promise<void>;
}

/** What lanes work with. */
export interface LanesOptions<Item> {
  keyOf: (item: Item) => string;
  /** Does one item. It must not reject. */
  work: (item: Item) => Promise<void>;
  /** Returns how many items may run at once. It may change between calls, but not to less than one. */
  limit: () => number;
}

/** Creates lanes. */
export function createLanes<Item>({ keyOf, work, limit }: LanesOptions<Item>): Lanes<Item> {
  /** The waiting items by key; a key is here while it has an item that waits or runs. */
  const lanes = new Map<string, Item[]>();
  /** The keys whose next item may begin, longest ready first. */
  const ready = new Set<string>();
  let waiting = 0;
  let running = 0;
  let onIdle: (() => void)[] = [];

  const run = async (key: string, item: Item): Promise<void> => {
    try {
      await work(item);
    } finally {
      running--;
      if (lanes.get(key)?.length) ready.add(key);
      else lanes.delete(key);
      begin();
      if (waiting + running === 0) {
        for (const resolve of onIdle) resolve();
        onIdle = [];
      }
    }
  };

  const begin = (): void => {
    for (const key of ready) {
      if (running >= limit()) return;
      ready.delete(key);
      const next = lanes.get(key)?.shift();
      if (next === undefined) continue;
      waiting--;
      running++;
      void run(key, next);
    }
  };

  return {
    get waiting() {
      return waiting;
    },
    add(item) {
      const key = keyOf(item);
      const lane = lanes.get(key);
      if (lane) lane.push(item);
      else {
        lanes.set(key, [item]);
        ready.add(key);
      }
      waiting++;
      begin();
    },
    idle: () =>
      waiting + running === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve)),
  };
}
