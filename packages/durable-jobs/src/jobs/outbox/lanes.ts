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

/** Creates lanes. Of the items that may begin, the one that came first does. */
export function createLanes<Item>({ keyOf, work, limit }: LanesOptions<Item>): Lanes<Item> {
  interface Waiting {
    place: number;
    item: Item;
  }
  /** The waiting items by key; a key is here while it has an item that waits or runs. */
  const lanes = new Map<string, Waiting[]>();
  /** The keys whose next item may begin, with its place, in the order of these. */
  const ready: { key: string; place: number }[] = [];
  let places = 0;
  let waiting = 0;
  let running = 0;
  let onIdle: (() => void)[] = [];

  const addReady = (key: string, place: number): void => {
    // Usually the last.
    let index = ready.length;
    while (index > 0 && (ready[index - 1]?.place ?? 0) > place) index--;
    ready.splice(index, 0, { key, place });
  };

  const run = async (key: string, item: Item): Promise<void> => {
    try {
      await work(item);
    } finally {
      running--;
      const next = lanes.get(key)?.[0];
      if (next) addReady(key, next.place);
      else lanes.delete(key);
      begin();
      if (waiting + running === 0) {
        for (const resolve of onIdle) resolve();
        onIdle = [];
      }
    }
  };

  const begin = (): void => {
    while (running < limit()) {
      const first = ready.shift();
      const next = first && lanes.get(first.key)?.shift();
      if (!next) return;
      waiting--;
      running++;
      void run(first.key, next.item);
    }
  };

  return {
    get waiting() {
      return waiting;
    },
    add(item) {
      const key = keyOf(item);
      const place = places++;
      const lane = lanes.get(key);
      if (lane) lane.push({ place, item });
      else {
        lanes.set(key, [{ place, item }]);
        addReady(key, place);
      }
      waiting++;
      begin();
    },
    idle: () =>
      waiting + running === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve)),
  };
}
