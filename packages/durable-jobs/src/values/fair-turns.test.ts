import { expect, it } from 'vitest';
import { FairTurns } from './fair-turns.ts';
import type { Urgency } from './priority.ts';

const waiting = (
  count: number,
  key: string | null,
  weight: number | null = null,
  priority: number | null = null,
) =>
  Array.from({ length: count }, (_, n) => ({
    name: `${key ?? '-'}${n + 1}`,
    priority,
    fairnessKey: key,
    fairnessWeight: weight,
  }));
const names = (items: readonly { name: string }[]) => items.map(({ name }) => name).join(' ');
const countOf = (items: readonly Urgency[], key: string) =>
  items.filter(({ fairnessKey }) => fairnessKey === key).length;

it('takes items without priority and key in their order', () => {
  expect(names(new FairTurns().order(waiting(4, null), 3))).toBe('-1 -2 -3');
});

it('takes urgent items first, and those without priority as 3', () => {
  const items = [
    ...waiting(2, 'last', null, 5),
    ...waiting(1, null),
    ...waiting(1, 'third', null, 3),
    ...waiting(2, 'first', null, 1),
  ];
  expect(names(new FairTurns().order(items))).toBe('first1 first2 -1 third1 last1 last2');
});

it('lets keys take turns, those without a key as one of them', () => {
  const items = [...waiting(1_000, 'a'), ...waiting(3, 'b'), ...waiting(2, null)];
  expect(names(new FairTurns().order(items, 9))).toBe('a1 b1 -1 a2 b2 -2 a3 b3 a4');
});

it('gives keys turns in proportion to their weights', () => {
  const taken = new FairTurns().order([...waiting(100, 'a', 3), ...waiting(100, 'b', 1)], 40);
  expect([countOf(taken, 'a'), countOf(taken, 'b')]).toEqual([30, 10]);
});

it('keeps the shares across calls, whatever the number that is taken at once', () => {
  const turns = new FairTurns();
  const served: Urgency[] = [];
  const left = new Map([
    ['a', waiting(100, 'a', 2)],
    ['b', waiting(100, 'b', 1)],
    ['c', waiting(100, 'c', 1)],
  ]);
  for (let n = 0; n < 40; n++) {
    const [next] = turns.order([...left.values()].flat(), 50);
    if (!next) break;
    turns.served(next);
    served.push(next);
    left.get(next.fairnessKey ?? '')?.shift();
  }
  expect(['a', 'b', 'c'].map((key) => countOf(served, key))).toEqual([20, 10, 10]);
});

it('gives a key that was idle its next turn at once, and no turns that it did not take', () => {
  const turns = new FairTurns();
  for (const item of waiting(1_000, 'a')) turns.served(item);
  const taken = turns.order([...waiting(10, 'a'), ...waiting(10, 'b')], 6);
  expect(names(taken)).toBe('b1 a1 b2 a2 b3 a3');
});

it('shares the next turns by weight, with one at least for each key whose turn it is', () => {
  const turns = new FairTurns();
  const weights = new Map([
    ['a', 3],
    ['b', 1],
    ['c', 1],
  ]);
  expect(Object.fromEntries(turns.shares(3, weights, 50))).toEqual({ a: 30, b: 10, c: 10 });
  for (const item of [...waiting(10, 'a'), ...waiting(1, 'b')]) turns.served(item);
  expect(Object.fromEntries(turns.shares(3, new Map([...weights, ['a', 1]]), 7))).toEqual({
    a: 2,
    b: 2,
    c: 3,
  });
  const many = new Map(Array.from({ length: 1_000 }, (_, n) => [`key${n}`, 1] as const));
  expect(new Set(turns.shares(4, many, 256).values())).toEqual(new Set([1]));
});

it('leaves the turns of others alone if an item is served out of turn', () => {
  const turns = new FairTurns();
  for (const item of waiting(3, 'b')) turns.served(item);
  for (const item of waiting(20, 'a')) turns.served(item, { outOfTurn: true });
  const taken = turns.order([...waiting(2, 'a'), ...waiting(3, 'b'), ...waiting(3, 'c')]);
  expect(names(taken)).toBe('c1 b1 c2 b2 c3 b3 a1 a2');
});

it('gives a key its turns back when items that were served wait again', () => {
  const [a, b] = [waiting(10, 'a', 2), waiting(10, 'b')];
  const turns = new FairTurns();
  const served = turns.order([...a, ...b], 6);
  expect(names(served)).toBe('a1 b1 a2 a3 b2 a4');
  for (const item of served) turns.served(item);
  for (const item of a.slice(0, 3)) turns.returned(item);
  const left = [...a.slice(0, 3), ...a.slice(4), ...b.slice(2)];
  expect(names(turns.order(left, 5))).toBe('a1 a2 a3 a5 b3');
  for (const item of a.slice(0, 3)) turns.served(item);
  expect(names(turns.order([...a.slice(4), ...b.slice(2)], 3))).toBe('a5 b3 a6');
});

it('shares no turns with a key whose time is later than that of the last of them', () => {
  const turns = new FairTurns();
  for (const item of waiting(100, 'a')) turns.served(item, { outOfTurn: true });
  const weights = new Map(['a', 'b', 'c'].map((key) => [key, 1] as const));
  expect(Object.fromEntries(turns.shares(3, weights, 3))).toEqual({ a: 0, b: 2, c: 2 });
});

it('shares turns among keys whose weights are below 1', () => {
  const weights = new Map(['a', 'b'].map((key) => [key, 0.5] as const));
  expect(Object.fromEntries(new FairTurns().shares(3, weights, 10))).toEqual({ a: 5, b: 5 });
});

it('gives a key its turns back once', () => {
  const turns = new FairTurns();
  const [a] = waiting(1, 'a', 3);
  if (!a) return;
  for (let n = 0; n < 3; n++) turns.served(a);
  for (let n = 0; n < 3; n++) turns.returned(a);
  for (let n = 0; n < 6; n++) turns.served(a);
  // After six turns of a third, its next one is at 2. The others begin at the time of its latest one.
  expect(names(turns.order([...waiting(2, 'a', 3), ...waiting(3, 'b')]))).toBe('b1 a1 a2 b2 b3');
});

/** The most keys whose times are kept. */
const MOST_KEYS = 10_000;

const item = (key: string): Urgency => ({ priority: null, fairnessKey: key, fairnessWeight: null });
/** Whether the next turn of a key comes after that of one that begins to wait. */
const hasLaterTurn = (turns: FairTurns, key: string): boolean =>
  turns.order([item(key), item('new')])[0]?.fairnessKey === 'new';

it('forgets the times of all keys once too many are kept, and all of them count', () => {
  const turns = new FairTurns();
  for (let n = 0; n < MOST_KEYS; n++) turns.served(item(`key${n}`));
  expect(hasLaterTurn(turns, 'key0')).toBe(true);
  turns.served(item('one more'));
  expect(hasLaterTurn(turns, 'key0')).toBe(false);
});

it('forgets the times that have passed first', () => {
  const turns = new FairTurns();
  turns.served(item('passed'));
  // Its second turn is at the time of the next one of the key before.
  for (let n = 0; n < 2; n++) turns.served(item('key0'));
  for (let n = 1; n < MOST_KEYS; n++) turns.served(item(`key${n}`), { outOfTurn: true });
  expect(hasLaterTurn(turns, 'key1')).toBe(true);
});

it('forgets what it owes once too many keys have turns back', () => {
  const turns = new FairTurns();
  const isOwed = (): boolean => turns.order([item('new'), item('key0')])[0]?.fairnessKey === 'key0';
  for (let n = 0; n < MOST_KEYS; n++) turns.returned(item(`key${n}`));
  expect(isOwed()).toBe(true);
  turns.returned(item('one more'));
  expect(isOwed()).toBe(false);
});
