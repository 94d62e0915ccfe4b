import { expect, it } from 'vitest';
import { backOffMs, failuresAfter } from './back-off.ts';

it('doubles the wait up to the longest', () => {
  expect([1, 2, 3, 6, 1_000].map((failures) => backOffMs(failures))).toEqual([
    1_000, 2_000, 4_000, 30_000, 30_000,
  ]);
  expect(backOffMs(4, 5_000)).toBe(5_000);
});

it('counts failures from 1 again after a run that outlasted the longest wait', () => {
  expect(failuresAfter(0, 10)).toBe(1);
  expect(failuresAfter(7, 30_000)).toBe(8);
  expect(failuresAfter(7, 30_001)).toBe(1);
});
