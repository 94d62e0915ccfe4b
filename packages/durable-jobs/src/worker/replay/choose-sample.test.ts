import { describe, expect, it } from 'vitest';
import { chooseSample, type OpenRun } from './choose-sample.ts';

const run = (type: string, startedAt: number): OpenRun => ({
  type,
  startedAt,
  workflowId: `${type}:${startedAt}`,
  runId: `${type}-${startedAt}`,
});
const runs = (type: string, count: number): OpenRun[] =>
  Array.from({ length: count }, (_, index) => run(type, index + 1));

const ids = (sample: readonly OpenRun[]): string[] => sample.map(({ workflowId }) => workflowId);

describe('the sample of open jobs', () => {
  it.each<[string, OpenRun[], string[]]>([
    ['none', [], []],
    ['all of a few', runs('order', 2), ['order:2', 'order:1']],
    ['the newest, the oldest, and some between', runs('order', 101), ['order:101', 'order:1', 'order:51']],
    [
      'one of each type before the second of any',
      [...runs('order', 9), ...runs('report', 1), ...runs('email', 2)],
      ['order:9', 'report:1', 'email:2', 'order:1', 'email:1', 'order:5'],
    ],
    ['each run once', [run('order', 1), run('order', 1)], ['order:1']],
  ])('has %s', (_what, open, sample) => {
    expect(ids(chooseSample(open, 3, 100))).toEqual(sample);
  });

  it('is spread over the whole wherever it is cut off', () => {
    const all = chooseSample(runs('order', 1_001), 18, 360).map(({ startedAt }) => startedAt);
    expect(all).toHaveLength(18);
    const first = all.slice(0, 5).toSorted((a, b) => a - b);
    const gaps = first.slice(1).map((at, index) => at - (first[index] ?? 0));
    expect([first[0], first.at(-1)]).toEqual([1, 1_001]);
    expect(Math.max(...gaps)).toBeLessThan(320);
  });

  it('is smaller for many types, and has each of them', () => {
    const open = Array.from({ length: 30 }, (_, index) => runs(`type${index}`, 5)).flat();
    expect(chooseSample(open, 5, 60)).toHaveLength(60);
    const sample = chooseSample(open, 5, 10);
    expect(new Set(sample.map(({ type }) => type)).size).toBe(30);
    expect(sample).toHaveLength(30);
  });
});
