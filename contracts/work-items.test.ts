import { expect, it } from 'vitest';
import { backOffMs } from 'durable-jobs/work-queue';
import { adjustStock, issueInvoice } from './work-items.ts';

it('retries a change of stock for little more than a minute', () => {
  const waits = [1, 2, 3, 4].map((attempt) => backOffMs(adjustStock.policy, attempt) / 1_000);
  expect(adjustStock.policy.maximumAttempts).toBe(5);
  expect(waits).toEqual([1, 4, 16, 60]);
});

it('waits six hours for the order of an invoice in all', () => {
  const waits = Array.from({ length: issueInvoice.policy.maximumAttempts - 1 }, (_, index) =>
    backOffMs(issueInvoice.policy, index + 1),
  );
  expect(waits.reduce((sum, ms) => sum + ms, 0) / 3_600_000).toBeCloseTo(6, 0);
});
