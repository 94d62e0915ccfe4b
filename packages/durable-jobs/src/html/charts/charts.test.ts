import { describe, expect, it } from 'vitest';
import { barChart } from './bar-chart.ts';
import { shorten, WIDTH } from './chart.ts';
import { dayChart } from './day-chart.ts';
import { valueAxis } from './value-axis.ts';

/** The attributes of every element of a kind, in the order of the drawing. */
function elements(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, 'g'))].map(([, attributes = '']) => {
    const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)];
    return Object.fromEntries(pairs.map(([, key = '', value = '']): [string, string] => [key, value]));
  });
}

const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '');

describe('an axis of values', () => {
  it('has zero and every value on it, and round ticks', () => {
    const { scale, ticks } = valueAxis([3, 97], [0, 100], { ticks: 4 });
    expect(ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(scale(0)).toBe(0);
    expect(scale(100)).toBe(100);
  });

  it('goes below zero where values do', () => {
    const { scale, ticks } = valueAxis([-50, 30], [100, 0], { ticks: 4 });
    expect(ticks).toContain(0);
    expect(Math.min(...ticks)).toBeLessThanOrEqual(-50);
    expect(scale(-50)).toBeGreaterThan(scale(0));
  });

  it('has no ticks between integers', () => {
    expect(valueAxis([1, 2], [0, 1], { ticks: 5, whole: true }).ticks).toEqual([0, 1, 2]);
    expect(valueAxis([1], [0, 1], { ticks: 5 }).ticks).toContain(0.2);
  });

  it.each([[[]], [[0]], [[0, 0]]])('has a zero, and a place for it, for %j', (values) => {
    const { scale, ticks } = valueAxis(values, [10, 90], { ticks: 4, whole: true });
    expect(ticks[0]).toBe(0);
    expect(scale(0)).toBe(10);
  });
});

describe('lying bars', () => {
  const chart = (bars: Parameters<typeof barChart>[0]['bars']): string =>
    barChart({ title: 'Orders', bars, whole: true, formatTick: String }).toString();
  const bar = (label: string, ...values: number[]) => ({
    label,
    parts: values.map((value) => ({ value, colour: 'blue' as const, name: 'part' })),
    text: String(values.reduce((sum, value) => sum + value, 0)),
  });

  it('are as long as their values', () => {
    const [ten, five, none] = elements(chart([bar('a', 10), bar('b', 5), bar('c', 0)]), 'rect').map((rect) =>
      Number(rect.width),
    );
    expect(ten).toBeCloseTo(2 * (five ?? 0), 0);
    expect(none).toBe(0);
  });

  it('put their parts in a row without a gap, within the drawing', () => {
    const [first, second] = elements(chart([bar('a', 3, 4)]), 'rect');
    expect(Number(first?.x) + Number(first?.width)).toBeCloseTo(Number(second?.x), 1);
    expect(Number(second?.x) + Number(second?.width)).toBeLessThan(WIDTH);
  });

  it('escape their names', () => {
    const svg = chart([bar('<script>"&', 1)]);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;&quot;&amp;');
  });

  it('shorten long names', () => {
    expect(texts(chart([bar('a name of more than seventeen letters', 1)]))).toContain('a name of more t…');
    expect(shorten('seventeen letters', 17)).toBe('seventeen letters');
  });
});

describe('a chart over days', () => {
  const days = Array.from({ length: 14 }, (_, index) => `${index + 1} Nov`);
  const chart = (values: number[], form: 'bars' | 'line'): string =>
    dayChart({
      title: 'A fortnight',
      days,
      height: 200,
      series: [{ name: 'Orders', colour: 'blue', values, form }],
      whole: false,
      formatTick: String,
      formatValue: String,
    }).toString();

  it('names the last day and so many others that they do not run into each other', () => {
    const labels = texts(chart(Array<number>(14).fill(1), 'line')).filter((text) => text.endsWith('Nov'));
    expect(labels.at(-1)).toBe('14 Nov');
    expect(labels.length).toBeGreaterThan(2);
    expect(labels.length).toBeLessThanOrEqual(6);
  });

  it('has a point for each day, the higher the larger the value', () => {
    const points = elements(
      chart(
        days.map((_, index) => index),
        'line',
      ),
      'circle',
    );
    expect(points).toHaveLength(14);
    const heights = points.map((point) => Number(point.cy));
    expect(heights).toEqual(heights.toSorted((a, b) => b - a));
  });

  it('draws negative values below the zero line', () => {
    const svg = chart([5, -5, ...Array<number>(12).fill(0)], 'bars');
    const zero = Number(elements(svg, 'line').find((line) => line.class === 'axis')?.y1);
    const [above, below, nothing] = elements(svg, 'rect');
    expect(Number(above?.y) + Number(above?.height)).toBeCloseTo(zero, 0);
    expect(Number(below?.y)).toBeCloseTo(zero, 0);
    expect(Number(below?.height)).toBeGreaterThan(0);
    expect(Number(nothing?.height)).toBe(0);
  });

  it('has only finite numbers, even without data', () => {
    for (const form of ['bars', 'line'] as const) {
      expect(chart(Array<number>(14).fill(0), form)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});
