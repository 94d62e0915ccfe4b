import { describe, expect, it } from 'vitest';
import { workKinds } from '../../../../contracts/work-items.ts';
import { backOffMs } from './back-off.ts';

describe('the back-off', () => {
  it('of adjust-stock grows by four up to a minute', () => {
    const { policy } = workKinds['adjust-stock'];
    expect([1, 2, 3, 4, 5].map((attempt) => backOffMs(policy, attempt) / 1_000)).toEqual([1, 4, 16, 60, 60]);
  });

  it('of issue-invoice waits six hours for its order in all', () => {
    const { policy } = workKinds['issue-invoice'];
    const waits = Array.from({ length: policy.maximumAttempts - 1 }, (_, index) =>
      backOffMs(policy, index + 1),
    );
    expect(waits.slice(0, 7).map((ms) => ms / 1_000)).toEqual([10, 30, 90, 270, 810, 2430, 3600]);
    expect(waits.reduce((sum, ms) => sum + ms, 0) / 3_600_000).toBeCloseTo(6, 0);
  });
});
