import { describe, expect, it } from 'vitest';
import { plannedAttempts } from './planned-attempts.ts';
import { waitAfter, type RetryPlan } from '../run/retry.ts';

const payment: RetryPlan = { initialMs: 60_000, coefficient: 5, maximumMs: 900_000, maximumAttempts: 4 };
const endless: RetryPlan = { initialMs: 1000, coefficient: 2, maximumMs: 60_000, maximumAttempts: 0 };
const start = new Date('2026-01-01T00:00:00Z');
const secondsAfterStart = (dates: Date[]) => dates.map((date) => (date.getTime() - start.getTime()) / 1000);

describe('the planned attempts', () => {
  it('of a payment wait 60, 300 and 900 s', () => {
    expect([1, 2, 3].map((n) => waitAfter(payment, n))).toEqual([60_000, 300_000, 900_000]);
  });

  it('run from the next one to the last', () => {
    expect(secondsAfterStart(plannedAttempts(payment, 2, start, undefined))).toEqual([0, 300, 1200]);
    expect(plannedAttempts(payment, 5, start, undefined)).toEqual([]);
  });

  it('of a policy without an end are the first ten', () => {
    expect(plannedAttempts(endless, 1, start, undefined)).toHaveLength(10);
  });

  it('end if the activity expires', () => {
    const until = new Date(start.getTime() + 5000);
    expect(secondsAfterStart(plannedAttempts(endless, 1, start, until))).toEqual([0, 1, 3]);
  });
});
