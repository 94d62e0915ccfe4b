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
  const { counts: read } = await counts.read();
  expect([...read.keys()]).toEqual(typesOf(3));
  expect(read.get('type0')).toEqual({ running: 0, completed: 0, failed: 2, cancelled: 0, terminated: 0 });
  await counts.read();
  expect(count).toHaveBeenCalledTimes(3);
});

it('shows counts while it reads them again, which takes at most a tenth of the time', async () => {
  vi.useFakeTimers();
  try {
    const count = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      return twoFailed;
    });
    const counts = countsOf(typesOf(1), count);
    const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
    const first = counts.read();
    await pass(900);
    const { countedAt } = await first;
    await pass(7_500);
    await counts.read();
    expect(count).toHaveBeenCalledTimes(1);
    await pass(300_000);
    // Nobody waits for the second read.
    expect(await counts.read()).toEqual({ counts: new Map([['type0', expect.anything()]]), countedAt });
    expect(count).toHaveBeenCalledTimes(2);
    await pass(900);
    expect((await counts.read()).countedAt?.getTime()).toBeGreaterThan((countedAt?.getTime() ?? 0) + 300_000);
  } finally {
    vi.useRealTimers();
  }
});

it('shows counts at all times, even if a read takes longer than a minute', async () => {
  vi.useFakeTimers();
  try {
    const count = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 70_000));
      return twoFailed;
    });
    const counts = countsOf(typesOf(1), count);
    const first = counts.read();
    await vi.advanceTimersByTimeAsync(70_000);
    await first;
    for (let minute = 0; minute < 30; minute++) {
      expect((await counts.read()).counts.size).toBe(1);
      await vi.advanceTimersByTimeAsync(60_000);
    }
  } finally {
    vi.useRealTimers();
  }
});

it('counts many types at a pace, and has those that it has counted so far', async () => {
  const count = vi.fn(() => Promise.resolve(twoFailed));
  const counts = countsOf(typesOf(60), count);
  const begin = performance.now();
  const { size } = (await counts.read()).counts;
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
