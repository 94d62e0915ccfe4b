import { escaped } from './chart.ts';

/** A line of a chart: readings in the order of time. */
export interface Line {
  name: string;
  /** Readings by minutes since the beginning. */
  points: readonly (readonly [minutes: number, value: number])[];
}

const WIDTH = 760;
const HEIGHT = 220;
const LEFT = 60;
const RIGHT = 12;
const TOP = 56;
const BOTTOM = 28;
/** Lines of the scale between 0 and the largest value. */
const STEPS = 4;

/** Colors that differ for most people with a color deficiency too (Okabe and Ito, "Color Universal Design", 2008). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 13px; font-weight: 600; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .line { fill: none; stroke-width: 1.75; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #3d444d; }
  }`;

/** Draws readings over time from 0 upwards, as an SVG document that follows the reader's theme. `unit` belongs to the title. */
export function lineChart(title: string, unit: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const most = niceCeiling(Math.max(...all.map(([, value]) => value), Number.MIN_VALUE));
  const last = Math.max(...all.map(([minutes]) => minutes), Number.MIN_VALUE);
  const x = (minutes: number): string => (LEFT + (minutes / last) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const scale = Array.from({ length: STEPS + 1 }, (_, step) => (most * step) / STEPS);
  const labelled = `${title}, ${unit}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(labelled)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="10" y="20">${escaped(labelled)}</text>`,
    ...scale.flatMap((value) => [
      `<line class="grid" x1="${LEFT}" y1="${y(value)}" x2="${WIDTH - RIGHT}" y2="${y(value)}"/>`,
      `<text x="${LEFT - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${value.toLocaleString('en')}</text>`,
    ]),
    `<text x="${LEFT}" y="${HEIGHT - 8}">0</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${Math.round(last)} min</text>`,
    ...legend(lines),
    ...lines.map(
      ({ points }, index) =>
        `<polyline class="line" stroke="${colorOf(index)}" points="${points.map(([minutes, value]) => `${x(minutes)},${y(value)}`).join(' ')}"/>`,
    ),
    '</svg>\n',
  ].join('\n');
}

function legend(lines: readonly Line[]): string[] {
  const width = (WIDTH - LEFT - RIGHT) / Math.max(lines.length, 1);
  return lines.flatMap(({ name }, index) => {
    const x = LEFT + index * width;
    return [
      `<rect x="${x.toFixed(1)}" y="32" width="14" height="4" fill="${colorOf(index)}"/>`,
      `<text x="${(x + 20).toFixed(1)}" y="38">${escaped(name)}</text>`,
    ];
  });
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#000';
}

/** The smallest of 1, 2, 4, 6, 8 and 10, times a power of ten, that a value does not exceed. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
