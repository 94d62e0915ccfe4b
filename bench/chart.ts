import type { Spread } from './figures.ts';

/** A bar of a chart. */
export interface Bar {
  name: string;
  value: Spread;
  /** What the bar's end shows. */
  label: string;
}

const WIDTH = 760;
const NAMES = 250;
/** Width of a character of the widest usual font, so that every label has room. */
const CHARACTER = 8;
/** Between a bar and its label, and after the label. */
const GAP = 8;
const ROW = 30;
const TOP = 44;

/** The colors follow the reader's theme, also in an `<img>`. The first bar is the service's. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .bar { fill: #8c959f; }
  .own { fill: #0969da; }
  .range { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .own { fill: #4493f8; }
    .range { stroke: #e6edf3; }
  }`;

/** Draws medians as bars, with a line from the lowest to the highest reading, as an SVG document. The first bar is highlighted. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const height = TOP + bars.length * ROW + 8;
  const largest = Math.max(...bars.map(({ value }) => value.highest), Number.MIN_VALUE);
  const labels = Math.max(0, ...bars.map(({ label }) => label.length)) * CHARACTER + 2 * GAP;
  const at = (value: number): string => (NAMES + (value / largest) * (WIDTH - NAMES - labels)).toFixed(1);
  const rows = bars.map(({ name, value, label }, index) => {
    const y = TOP + index * ROW;
    const middle = y + 10;
    return [
      `<text x="${NAMES - 10}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${index === 0 ? 'bar own' : 'bar'}" x="${NAMES}" y="${y}" width="${(Number(at(value.median)) - NAMES).toFixed(1)}" height="20" rx="2"/>`,
      `<line class="range" x1="${at(value.lowest)}" y1="${middle}" x2="${at(value.highest)}" y2="${middle}"/>`,
      `<text x="${(Number(at(Math.max(value.median, value.highest))) + GAP).toFixed(1)}" y="${y + 15}">${escaped(label)}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="10" y="22">${escaped(title)}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

/** Escapes text for an SVG document. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
