import { describe, expect, it } from 'vitest';
import type { WorkPolicy } from './define-work-item.ts';
import { backOffMs } from './back-off.ts';

const policy: WorkPolicy = {
  maximumAttempts: 12,
  initialIntervalMs: 10_000,
  backoffCoefficient: 3,
  maximumIntervalMs: 3_600_000,
  timeoutMs: 30_000,
};

describe('the back-off', () => {
  it('grows by the coefficient up to the maximum', () => {
    const waits = Array.from({ length: policy.maximumAttempts - 1 }, (_, index) =>
      backOffMs(policy, index + 1),
    );
    expect(waits.slice(0, 7).map((ms) => ms / 1_000)).toEqual([10, 30, 90, 270, 810, 2430, 3600]);
    expect(waits.slice(7)).toEqual([3_600_000, 3_600_000, 3_600_000, 3_600_000]);
  });
});
