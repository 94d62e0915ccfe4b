import { expect, it } from 'vitest';
import { jsonFaults } from './json-faults.ts';

const circle: Record<string, unknown> = {};
circle.of = { itself: circle };

it.each([
  [new Date(), 'Date'],
  [new Map(), 'Map'],
  [new URL('https://example.com'), 'URL'],
  [1n, 'bigint'],
  [() => 1, 'function'],
  [Symbol('s'), 'symbol'],
  [Number.NaN, 'finite'],
  [Number.POSITIVE_INFINITY, 'finite'],
  [[undefined], 'undefined'],
  ['a\0', 'NUL'],
  ['\ud800', 'surrogate'],
  [circle, 'itself'],
])('finds %o', (value, word) => {
  const [fault, ...others] = jsonFaults({ list: [{ value }] });
  expect(fault?.path.slice(0, 3)).toEqual(['list', 0, 'value']);
  expect(fault?.message).toContain(word);
  expect(others).toEqual([]);
});

it('finds names of fields', () => {
  expect(jsonFaults({ 'a\0': 1 })).toMatchObject([{ path: ['a\0'] }]);
});

it('finds nothing in JSON', () => {
  const shared = { a: 1 };
  const value = {
    text: 'ü\n',
    list: [1.5, true, null, shared, shared],
    absent: undefined,
    none: Object.create(null) as object,
  };
  expect(jsonFaults(value)).toEqual([]);
});
