import { expect, it } from 'vitest';
import { circlesOf, newestOf, type WaitsFor } from './circles.ts';

/** Waits given as `1>2`: the start 1 waits for the start 2. */
const waits = (...pairs: string[]) =>
  pairs.map((pair) => {
    const [from = NaN, to = NaN] = pair.split('>').map(Number);
    return { from, to };
  });

const closing = (all: WaitsFor[]) => circlesOf(all).map(newestOf);

it.each([
  ['none', [], []],
  ['a chain', ['3>2', '2>1'], []],
  ['two ways to one start', ['4>3', '4>2', '3>1', '2>1'], []],
  ['a start that waits for itself', ['1>1'], [1]],
  ['a circle', ['1>3', '3>2', '2>1'], [3]],
  ['a circle with starts before and after it', ['5>1', '1>3', '3>1', '3>2'], [3]],
  ['two circles', ['1>2', '2>1', '3>4', '4>3'], [2, 4]],
  ['two circles with the same newest start', ['1>3', '2>3', '3>1', '3>2'], [3]],
])('finds the starts that close circles: %s', (_what, pairs, expected) => {
  expect(closing(waits(...pairs)).sort()).toEqual(expected);
});

it('finds the start that closes a circle of 100,000', () => {
  const size = 100_000;
  const circle = Array.from({ length: size }, (_, i) => ({ from: i, to: i === 0 ? size - 1 : i - 1 }));
  expect(closing(circle)).toEqual([size - 1]);
  expect(closing(circle.slice(1))).toEqual([]);
});
