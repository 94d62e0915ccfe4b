import { scaleBand } from 'd3-scale';
import { markup, type Markup } from '../markup.ts';
import { WIDTH, type Colour } from './chart.ts';
import { px, valueAxis } from './value-axis.ts';

/** A series of values over days. */
export interface Series {
  name: string;
  colour: Colour;
  /** One for each day. */
  values: readonly number[];
  /** Vertical bars, or a line with points. */
  form: 'bars' | 'line';
}

/** Data of a chart over days. */
export interface DayChart {
  /** Description for people who can't see the chart. */
  title: string;
  /** Labels below the axis. */
  days: readonly string[];
  series: readonly Series[];
  /** In units of {@link WIDTH}. */
  height: number;
  /** Whether all values are integers, so that the axis shows no fractions. */
  whole: boolean;
  formatTick: (value: number) => string;
  /** Formats a value for tooltips. */
  formatValue: (value: number) => string;
}

const left = 36;
const right = 12;
const top = 10;
/** Height of the axis of days and its labels. */
const axisHeight = 26;

/** About as many labels as fit below the axis. */
const DAY_LABELS = 5;

/** Draws values over days, with an axis of values and one of days; the last day always has a label. */
export function dayChart({ title, days, series, height, whole, formatTick, formatValue }: DayChart): Markup {
  const bottom = height - axisHeight;
  const names = days.map((_, index) => String(index));
  const band = scaleBand(names, [left, WIDTH - right]).padding(0.25);
  const { scale, ticks } = valueAxis(
    series.flatMap(({ values }) => values),
    [bottom, top],
    { ticks: height < 200 ? 3 : 5, whole },
  );
  const slot = (index: number): number => band(String(index)) ?? 0;
  const middle = (index: number): number => px(slot(index) + band.bandwidth() / 2);
  const every = Math.ceil(days.length / DAY_LABELS);

  const drawBars = ({ name, colour, values }: Series): Markup =>
    markup`${values.map((value, index) => {
      const [from, to] = [scale(Math.max(0, value)), scale(Math.min(0, value))];
      return markup`<rect class="${colour}" x="${px(slot(index))}" y="${px(from)}" width="${px(band.bandwidth())}" height="${px(to - from)}"><title>${days[index]}, ${name}: ${formatValue(value)}</title></rect>`;
    })}`;
  const drawLine = ({ name, colour, values }: Series): Markup =>
    markup`<polyline class="line ${colour}" points="${values.map((value, index) => `${middle(index)},${px(scale(value))}`).join(' ')}"/>${values.map(
      (value, index) =>
        markup`<circle class="${colour}" cx="${middle(index)}" cy="${px(scale(value))}" r="3.2"><title>${days[index]}, ${name}: ${formatValue(value)}</title></circle>`,
    )}`;

  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
${ticks.map((tick) => {
  const y = px(scale(tick));
  return markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${left}" x2="${WIDTH - right}" y1="${y}" y2="${y}"/><text class="tick" x="${left - 6}" y="${y + 4}" text-anchor="end">${formatTick(tick)}</text>
`;
})}${days.map(
    (day, index) =>
      (days.length - 1 - index) % every === 0 &&
      markup`<text class="tick" x="${middle(index)}" y="${bottom + 18}" text-anchor="middle">${day}</text>
`,
  )}${series.map((one) => (one.form === 'bars' ? drawBars(one) : drawLine(one)))}
</svg>`;
}
