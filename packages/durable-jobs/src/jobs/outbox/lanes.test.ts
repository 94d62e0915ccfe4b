import { expect, it } from 'vitest';
import { createLanes } from './lanes.ts';

interface Item {
  key: string;
  n: number;
}

/** Lanes whose items end when the test says so. */
function manualLanes(limit: () => number) {
  const begun: Item[] = [];
  const ends = new Map<Item, () => void>();
  const lanes = createLanes<Item>({
    keyOf: ({ key }) => key,
    limit,
    work: (item) => {
      begun.push(item);
      return new Promise((resolve) => ends.set(item, resolve));
    },
  });
  const end = async (item: Item): Promise<void> => {
    const next = lanes.nextEnd();
    ends.get(item)?.();
    await next;
  };
  return { lanes, begun, end };
}

const items = (...keys: string[]): Item[] => keys.map((key, n) => ({ key, n }));

it('does the items of one key one after another, and those of others beside them', async () => {
  const { lanes, begun, end } = manualLanes(() => 10);
  const [a1, a2, b1, a3] = items('a', 'a', 'b', 'a') as [Item, Item, Item, Item];
  for (const item of [a1, a2, b1, a3]) lanes.add(item);
  expect(begun).toEqual([a1, b1]);
  expect([lanes.waiting, lanes.running]).toEqual([2, 2]);
  await end(a1);
  expect(begun).toEqual([a1, b1, a2]);
  await end(a2);
  expect(begun).toEqual([a1, b1, a2, a3]);
});

it('does no more at once than its limit, in the order of arrival, and more when that rises', async () => {
  let limit = 1;
  const { lanes, begun, end } = manualLanes(() => limit);
  const all = items('a', 'b', 'c', 'd');
  for (const item of all) lanes.add(item);
  expect(begun).toEqual(all.slice(0, 1));
  for (const item of all.slice(0, 1)) await end(item);
  expect(begun).toEqual(all.slice(0, 2));
  limit = 3;
  lanes.wake();
  expect(begun).toEqual(all);
});

it('gives back what has not begun, in the order of arrival, and goes on with what comes after', async () => {
  const { lanes, begun, end } = manualLanes(() => 1);
  const [a1, b1, a2, b2] = items('a', 'b', 'a', 'b') as [Item, Item, Item, Item];
  for (const item of [a1, b1, a2, b2]) lanes.add(item);
  expect(lanes.clear()).toEqual([b1, a2, b2]);
  expect([lanes.waiting, lanes.running]).toEqual([0, 1]);
  lanes.add(a2);
  expect(begun).toEqual([a1]);
  await end(a1);
  expect(begun).toEqual([a1, a2]);
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
