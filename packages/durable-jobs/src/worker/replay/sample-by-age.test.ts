import { describe, expect, it } from 'vitest';
import type { OpenRun } from './choose-sample.ts';
import { sampleByAge, type ListOfType } from './sample-by-age.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-28T12:00:00Z');

/** Lists runs of these ages in days as the engine does, and counts the calls. */
function listOf(ages: readonly number[]): { list: ListOfType; calls: () => number } {
  const runs = ages
    .toSorted((a, b) => a - b)
    .map((age): OpenRun => ({
      type: 'order',
      workflowId: `order:${age}`,
      runId: String(age),
      startedAt: NOW - age * DAY_MS,
    }));
  let calls = 0;
  return {
    list: (startedBefore, count) => {
      calls++;
      const older = runs.filter(({ startedAt }) => startedAt <= (startedBefore?.getTime() ?? Infinity));
      return Promise.resolve({ runs: older.slice(0, count), hasMore: older.length > count });
    },
    calls: () => calls,
  };
}

async function sampledAges(ages: readonly number[], count: number): Promise<number[]> {
  const { list } = listOf(ages);
  return (await sampleByAge(list, count, NOW)).map(({ runId }) => Number(runId)).toSorted((a, b) => a - b);
}

const evenly = (count: number, days: number): number[] =>
  Array.from({ length: count }, (_, index) => (days * (index + 1)) / count);

describe('a sample by age', () => {
  it('has all of a few', async () => {
    expect(await sampledAges([1, 2, 3], 18)).toEqual([1, 2, 3]);
  });

  it('has the newest and the oldest of many, and some of every age between', async () => {
    const ages = await sampledAges(evenly(10_000, 29), 18);
    expect(ages[0]).toBeLessThan(0.01);
    expect(ages.at(-1)).toBeGreaterThan(20);
    const thirds = [0, 10, 20].map((from) => ages.filter((age) => age >= from && age < from + 10).length);
    expect(Math.min(...thirds)).toBeGreaterThanOrEqual(4);
  });

  it('has the one old run beside very many of today', async () => {
    const ages = await sampledAges([...evenly(5_000, 1), 300], 18);
    expect(ages).toHaveLength(18);
    expect(ages.at(-1)).toBe(300);
  });

  it('has enough runs that started at the same time', async () => {
    expect(await sampledAges([...evenly(100, 0.000_001), 1], 18)).toHaveLength(18);
  });

  it('needs a bounded number of lists', async () => {
    const { list, calls } = listOf(evenly(50_000, 400));
    await sampleByAge(list, 18, NOW);
    expect(calls()).toBeLessThan(10);
  });
});
