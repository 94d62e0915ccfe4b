import { describe, expect, it } from 'vitest';
import { barChart } from '../../bench/chart.ts';
import { median, quantile, spreadOf } from '../../bench/figures.ts';
import type { PartResult, Reading } from '../../bench/part.ts';
import { chartOfPart, markdownOf } from '../../bench/report.ts';

const readings = (...values: Reading[]) =>
  values.map((reading) => ({ startedAt: '', loadAverage: 0.2, othersBusy: 0.1, reading }));

const part: PartResult = {
  name: 'work-items',
  title: 'Work items',
  about: 'What it is.',
  sizes: { items: 10_000 },
  figures: [
    { key: 'perSecond', label: 'per second', better: 'more' },
    { key: 'p50', label: 'p50, ms', better: 'less', digits: 1 },
  ],
  reference: 'other',
  conditions: { machine: '2 × CPU', engine: 'postgres-4', built: true, commit: 'abc', loadAverage: 0.25 },
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 12,
  contenders: [
    {
      name: 'own',
      rounds: readings({ perSecond: 1_500, p50: 2 }, { perSecond: 1_000 }, { perSecond: 1_200 }),
    },
    { name: 'other', note: 'does less', rounds: readings({ perSecond: 600 }) },
    { name: 'not measured', rounds: [] },
  ],
};

describe('figures', () => {
  it('have a median, a quantile and a range', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(quantile([4, 1, 2, 3], 1)).toBe(4);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('the page of results', () => {
  it('shows medians with their range, ratios of medians, and the conditions', () => {
    const page = markdownOf([part], () => 'work-items.svg');
    expect(page).toContain('## Work items (engine on PostgreSQL, 4 shards)');
    expect(page).toContain('![Work items](work-items.svg)');
    expect(page).toContain('|  | per second | p50, ms | ratio to: other | note |');
    expect(page).toContain('| own | 1,200 (1,000–1,500) | 2.0 | 2.00 |  |');
    expect(page).toContain('| other | 600 | – | 1.00 | does less |');
    expect(page).toContain('| not measured | – | – | – |  |');
    expect(page).toContain('3 rounds in 12 s; items 10,000. 2026-01-02T03:04Z, commit abc, 2 × CPU');
  });

  it('says why a part ended early', () => {
    const page = markdownOf([{ ...part, failure: 'the API died\nits log' }], () => undefined);
    expect(page).toContain('**The part ended early:** the API died\n');
  });
});

describe('the chart of a part', () => {
  it('draws what was measured, to one scale', () => {
    const chart = chartOfPart(part) ?? '';
    expect(chart).toContain('Work items: per second (more is better)');
    expect(chart.match(/<rect /g)).toHaveLength(2);
    const widths = [...chart.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect((widths[0] ?? NaN) / (widths[1] ?? NaN)).toBeCloseTo(1_200 / 600, 1);
  });

  it('has room for the longest label beside the longest bar', () => {
    const label = '4,790 (2,934–4,880)';
    const chart = barChart('t', [
      { name: 'own', value: { median: 4_790, lowest: 2_934, highest: 4_880 }, label },
    ]);
    const [, x] = /<text x="([\d.]+)" y="\d+">4,790/.exec(chart) ?? [];
    const [, width] = /viewBox="0 0 (\d+) /.exec(chart) ?? [];
    // The charts' 13 px font takes at most 8 px a character.
    expect(Number(x) + label.length * 8).toBeLessThanOrEqual(Number(width));
  });

  it('is none without readings', () => {
    expect(chartOfPart({ ...part, contenders: [] })).toBeUndefined();
  });

  it('escapes names', () => {
    const value = { median: 1, lowest: 1, highest: 1 };
    expect(barChart('a & b', [{ name: '<x>', value, label: '"' }])).toContain('a &amp; b');
    expect(barChart('t', [{ name: '<x>', value, label: '1' }])).toContain('&lt;x>');
  });
});
