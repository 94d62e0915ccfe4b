import { expect, it } from 'vitest';
import { callTimeoutMs, listTimeoutMs, scheduleCallTimeoutMs } from '../http/timeouts.ts';
import { CHANGE_PATIENCE_MS, PATIENCE_MS } from './browser/page.js';

it('lets pages wait longer than the API does, so that its explanation reaches them', () => {
  const limits = [callTimeoutMs, listTimeoutMs, scheduleCallTimeoutMs];
  expect(PATIENCE_MS).toBeGreaterThan(Math.max(...limits));
  // A change of a schedule waits for its turn first, and the audit trail is written before and after it.
  expect(CHANGE_PATIENCE_MS).toBeGreaterThan(3 * Math.max(...limits));
});
