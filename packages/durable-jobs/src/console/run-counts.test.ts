import type { Client } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { RunCounts } from './run-counts.ts';

const typesOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `type${n}`);

/** Counts of these types by an engine that counts so. */
function countsOf(types: readonly string[], count: () => Promise<unknown>): RunCounts {
  const client = { withDeadline: (_deadline: unknown, act: () => unknown) => act(), workflow: { count } };
  return new RunCounts(client as unknown as Client, types);
}

const twoFailed = { groups: [{ groupValues: ['Failed'], count: 2 }] };

it('has the counts of all of a few types, and asks again after some seconds alone', async () => {
  const count = vi.fn(() => Promise.resolve(twoFailed));
  const counts = countsOf(typesOf(3), count);
  const read = await counts.read();
  expect([...read.keys()]).toEqual(typesOf(3));
  expect(read.get('type0')).toEqual({ running: 0, completed: 0, failed: 2, cancelled: 0, terminated: 0 });
  await counts.read();
  expect(count).toHaveBeenCalledTimes(3);
});

it('counts many types at a pace, and has those that it has counted so far', async () => {
  const count = vi.fn(() => Promise.resolve(twoFailed));
  const counts = countsOf(typesOf(60), count);
  const begin = performance.now();
  const { size } = await counts.read();
  expect(size).toBeGreaterThanOrEqual(10);
  expect(size).toBeLessThan(60);
  expect(count.mock.calls.length).toBeLessThanOrEqual(11 + (5 * (performance.now() - begin)) / 1_000);
});

it.each([
  ['does not respond', () => new Promise(() => undefined), 'no response in time'],
  ['refuses', () => Promise.reject(new Error('8 RESOURCE_EXHAUSTED')), '8 RESOURCE_EXHAUSTED'],
])('throws if the engine %s', async (_what, count, message) => {
  const counts = countsOf(typesOf(3), count);
  await expect(counts.read()).rejects.toThrow(message);
  // It asks again.
  await expect(counts.read()).rejects.toThrow(message);
});
