import { expect, it } from 'vitest';
import { cacheSize } from './cache-size.ts';

const GiB = 1024 ** 3;

it.each([
  ['the chosen number, whatever the heap', 3, GiB / 4, { maxCachedWorkflows: 3 }],
  ['a moderate number if the heap has room for more', undefined, 4 * GiB, { maxCachedWorkflows: 500 }],
  ['what the SDK finds right for a small heap', undefined, GiB / 2, {}],
])('a worker caches %s', (_what, chosen, heapLimit, expected) => {
  expect(cacheSize(chosen, heapLimit)).toEqual(expected);
});
