import { describe, expect, it } from 'vitest';
import { changesOf, type Sample } from '../../bench/endurance/report.ts';
import { lineChart } from '../../bench/line-chart.ts';

/** Samples with one reading each, a minute apart. */
const samplesOf = (key: string, values: readonly number[]): Sample[] =>
  values.map((value, index) => ({ minutes: index + 1, reading: { [key]: value } }));

describe('changes over a run', () => {
  it('compare the last quarter with the second one, so that the first may fill caches', () => {
    const samples = samplesOf('worker MiB', [100, 150, 200, 200, 210, 214, 215, 216]);
    expect(changesOf(samples).find(({ key }) => key === 'worker MiB')).toMatchObject({
      second: 200,
      last: 216,
      flat: true,
    });
  });

  it('find what grows', () => {
    const samples = samplesOf('worker MiB', [100, 150, 200, 200, 230, 240, 250, 260]);
    expect(changesOf(samples).find(({ key }) => key === 'worker MiB')).toMatchObject({ flat: false });
  });

  it('call nothing flat that was not measured', () => {
    expect(
      changesOf(samplesOf('worker MiB', [1, 1, 1, 1])).find(({ key }) => key === 'api MiB'),
    ).toMatchObject({
      flat: false,
    });
  });
});

describe('a chart over time', () => {
  const chart = lineChart('Memory', 'MiB', [
    {
      name: 'a & b',
      points: [
        [0, 0],
        [30, 50],
        [60, 95],
      ],
    },
    { name: 'other', points: [[60, 10]] },
  ]);

  it('draws each line to one scale that begins at zero', () => {
    const [first = ''] = [...chart.matchAll(/points="([^"]+)"/g)].map(([, points]) => points);
    const heights = first.split(' ').map((point) => Number(point.split(',')[1]));
    const [zero = NaN, half = NaN, most = NaN] = heights;
    expect((zero - half) / (zero - most)).toBeCloseTo(50 / 95, 2);
    expect(chart.match(/<polyline /g)).toHaveLength(2);
    expect(chart).toContain('>100</text>');
    expect(chart).toContain('>60 min</text>');
  });

  it('escapes names', () => {
    expect(chart).toContain('a &amp; b');
  });
});
