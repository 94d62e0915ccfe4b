import { markup, type Markup } from '../markup.ts';
import { shorten, WIDTH, type Colour } from './chart.ts';
import { px, ticksWithRoom, valueAxis } from './value-axis.ts';

/** One bar with one or more segments. */
export interface Bar {
  label: string;
  parts: readonly { value: number; colour: Colour; name?: string }[];
  /** Label at its end. */
  text: string;
}

/** Data of a horizontal bar chart. */
export interface BarChart {
  /** Description for people who can't see the chart. */
  title: string;
  bars: readonly Bar[];
  /** Whether all values are integers, so that the axis shows no fractions. */
  whole: boolean;
  formatTick: (value: number) => string;
}

const left = 118;
/** Room for the text at the end of the longest bar. */
const right = 56;
const barHeight = 16;
const rowHeight = 26;
const axisHeight = 24;
const top = 4;

/** Draws a horizontal bar chart with an axis of values. */
export function barChart({ title, bars, whole, formatTick }: BarChart): Markup {
  const bottom = top + bars.length * rowHeight;
  const totals = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const axis = valueAxis(totals, [left, WIDTH - right], { ticks: 4, whole });
  const { scale } = axis;
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + axisHeight}" role="img" aria-label="${title}">
${ticksWithRoom(axis, formatTick).map(
  ({ at, label, isZero }) =>
    markup`<line class="${isZero ? 'axis' : 'grid'}" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/><text class="tick" x="${at}" y="${bottom + 15}" text-anchor="middle">${label}</text>
`,
)}${bars.map((bar, index) => {
    const y = top + index * rowHeight + (rowHeight - barHeight) / 2;
    const middle = y + barHeight / 2 + 4;
    let from = 0;
    const parts = bar.parts.map(({ value, colour, name }) => {
      const x = px(scale(from));
      from += value;
      // Every positive value is visible, however small it is compared to the others.
      const width = px(Math.max(scale(from) - x, value > 0 ? 1 : 0));
      return markup`<rect class="${colour}" x="${x}" y="${y}" width="${width}" height="${barHeight}"><title>${bar.label}${name === undefined ? '' : `, ${name}`}: ${name === undefined ? bar.text : value}</title></rect>`;
    });
    return markup`<text class="label" x="${left - 8}" y="${middle}" text-anchor="end">${shorten(bar.label, 17)}</text>${parts}<text class="value" x="${px(scale(from) + 6)}" y="${middle}">${bar.text}</text>
`;
  })}</svg>`;
}
