import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLanes } from './lanes.ts';

interface Item {
  key: string;
  n: number;
}

/** Lanes whose items end when the test says so. */
function manualLanes(limit: number | (() => number)) {
  const begun: Item[] = [];
  const ends = new Map<Item, () => void>();
  const lanes = createLanes<Item>({
    keyOf: ({ key }) => key,
    limit: typeof limit === 'number' ? () => limit : limit,
    work: (item) => {
      begun.push(item);
      return new Promise((resolve) => ends.set(item, resolve));
    },
  });
  const end = async (item: Item): Promise<void> => {
    ends.get(item)?.();
    await turn();
  };
  return { lanes, begun, end };
}

const items = (...keys: string[]): Item[] => keys.map((key, n) => ({ key, n }));

it('does the items of one key one after another, and those of others beside them', async () => {
  const { lanes, begun, end } = manualLanes(10);
  const [a1, a2, b1, a3] = items('a', 'a', 'b', 'a') as [Item, Item, Item, Item];
  for (const item of [a1, a2, b1, a3]) lanes.add(item);
  expect(begun).toEqual([a1, b1]);
  expect(lanes.waiting).toBe(2);
  await end(a1);
  expect(begun).toEqual([a1, b1, a2]);
  await end(a2);
  expect(begun).toEqual([a1, b1, a2, a3]);
});

it('does no more at once than its limit, in the order of arrival', async () => {
  const { lanes, begun, end } = manualLanes(1);
  const all = items('a', 'b', 'a', 'b');
  for (const item of all) lanes.add(item);
  for (const [n, item] of all.entries()) {
    expect(begun).toEqual(all.slice(0, n + 1));
    await end(item);
  }
  expect(lanes.waiting).toBe(0);
});

it('begins the next item of a key before others that came later', async () => {
  const { lanes, begun, end } = manualLanes(2);
  const all = items('a', 'b', 'a', 'c', 'a', 'd') as [Item, Item, Item, Item, Item, Item];
  const [a1, b1, a2, c1, a3, d1] = all;
  for (const item of all) lanes.add(item);
  await end(a1);
  await end(b1);
  await end(a2);
  expect(begun).toEqual([a1, b1, a2, c1, a3]);
  await end(c1);
  expect(begun).toEqual([a1, b1, a2, c1, a3, d1]);
});

it('begins as many as its limit permits at the time', async () => {
  let limit = 1;
  const { lanes, begun, end } = manualLanes(() => limit);
  const [a1, b1, c1, d1, e1] = items('a', 'b', 'c', 'd', 'e') as [Item, Item, Item, Item, Item];
  for (const item of [a1, b1, c1, d1, e1]) lanes.add(item);
  expect(begun).toEqual([a1]);
  limit = 3;
  await end(a1);
  expect(begun).toEqual([a1, b1, c1, d1]);
  limit = 1;
  await end(b1);
  await end(c1);
  expect(begun).toHaveLength(4);
  await end(d1);
  expect(begun).toEqual([a1, b1, c1, d1, e1]);
});

it('does the items of a key whose lane was empty', async () => {
  const { lanes, begun, end } = manualLanes(2);
  const all = items('a', 'a') as [Item, Item];
  for (const item of all) {
    lanes.add(item);
    await end(item);
  }
  expect(begun).toEqual(all);
});

it('is idle when nothing waits and nothing runs, each time', async () => {
  const { lanes, end } = manualLanes(1);
  const [a1, b1, c1] = items('a', 'b', 'c') as [Item, Item, Item];
  const seen: string[] = [];
  const waitForIdle = (name: string): void => void lanes.idle().then(() => seen.push(name));
  lanes.add(a1);
  lanes.add(b1);
  // One waits and one runs.
  waitForIdle('first');
  lanes.add(c1);
  await end(a1);
  expect(seen).toEqual([]);
  await end(b1);
  await end(c1);
  expect(seen).toEqual(['first']);
  lanes.add(a1);
  waitForIdle('second');
  await end(a1);
  expect(seen).toEqual(['first', 'second']);
});

it('is idle once all has ended, at whatever limit', async () => {
  const done: number[] = [];
  const lanes = createLanes<Item>({
    keyOf: ({ key }) => key,
    limit: () => 2,
    work: async ({ n }) => {
      await Promise.resolve();
      done.push(n);
    },
  });
  await lanes.idle();
  for (const item of items('a', 'b', 'a', 'c', 'b')) lanes.add(item);
  await lanes.idle();
  expect(done.toSorted()).toEqual([0, 1, 2, 3, 4]);
});
