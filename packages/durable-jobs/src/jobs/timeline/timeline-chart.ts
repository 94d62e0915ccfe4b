import { scaleLinear } from 'd3-scale';
import { shorten, WIDTH, type Colour } from '../../html/charts/chart.ts';
import { px, ticksWithRoom } from '../../html/charts/value-axis.ts';
import { withPlainTimes } from '../../html/times.ts';
import { durationUnit } from '../../values/format.ts';
import { markup, type Markup } from '../../html/markup.ts';
import { inWords } from '../kebab-case.ts';
import type { Step, StepKind, Timeline } from './timeline.ts';

const left = 104;
const right = 14;
const top = 8;
const rowHeight = 26;
const barHeight = 14;
const axisHeight = 30;
/** Maximum number of activity rows; the table contains the rest. */
const MOST_ROWS = 12;
/** Every step is visible, however short it was compared to the rest. */
const LEAST_WIDTH = 2.5;

/** A row of the picture: bars for what took time, marks for what did not. */
interface Row {
  label: string;
  steps: Step[];
}

/** Legend of the chart's shapes. They also differ in form, for people who cannot distinguish the colors. */
export const legend: readonly { name: string; shape: Markup }[] = [
  { name: 'attempt that succeeded', shape: bar('blue', 0, 1, 10, 8) },
  { name: 'attempt that failed', shape: markup`${bar('red', 0, 1, 10, 8)}${cross(5, 5)}` },
  { name: 'attempt that runs', shape: markup`<rect class="open" x="1" y="2" width="8" height="6"/>` },
  { name: 'wait', shape: bar('grey', 0, 4, 10, 2) },
  { name: 'effect', shape: diamond('green', 5, 5) },
  { name: 'message, start or end', shape: markup`<circle class="orange" cx="5" cy="5" r="3.6"/>` },
];

/** Bars and marks on an axis of time, which counts from the beginning. */
export function timelineChart({ steps, from, to }: Timeline, now: Date): Markup {
  const begin = Date.parse(from);
  const ends = steps.map(({ at, until }) => Date.parse(until ?? at));
  const end = Math.max(to === null ? now.getTime() : Date.parse(to), ...ends, begin + 1);
  const unit = durationUnit(end - begin);
  const scale = scaleLinear([0, (end - begin) / unit.ms], [left, WIDTH - right]);
  const x = (time: string | null): number =>
    scale(((time === null ? end : Date.parse(time)) - begin) / unit.ms);
  const rows = rowsOf(steps);
  const bottom = top + rows.length * rowHeight;
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + axisHeight}" role="img" aria-label="${describe(rows)}">
${ticksWithRoom({ scale, ticks: scale.ticks(4) }, (tick) => (tick === 0 ? '0' : `${tick} ${unit.name}`)).map(
  ({ at, label, isZero }) =>
    markup`<line class="${isZero ? 'axis' : 'grid'}" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/><text class="tick" x="${at}" y="${bottom + 14}" text-anchor="middle">${label}</text>
`,
)}${rows.map(({ label, steps: ofRow }, index) => {
    const middle = top + index * rowHeight + rowHeight / 2;
    return markup`<text class="label" x="${left - 8}" y="${middle + 4}" text-anchor="end">${shorten(label, 17)}</text>${ofRow.map((step) => shape(step, x(step.at), x(step.until), middle))}
`;
  })}</svg>`;
}

function rowsOf(steps: readonly Step[]): Row[] {
  const rows = new Map<string, Row>();
  const add = (label: string, step: Step): void => {
    const row = rows.get(label) ?? { label, steps: [] };
    // Waits first: an attempt is drawn over what it ends.
    if (step.kind === 'retry-wait') row.steps.unshift(step);
    else row.steps.push(step);
    rows.set(label, row);
  };
  for (const step of steps) {
    if (step.activity === undefined) continue;
    const label = inWords(step.activity);
    if (rows.has(label) || rows.size < MOST_ROWS) add(label, step);
  }
  for (const step of steps) {
    if (step.kind === 'wait') add('waits', step);
  }
  for (const step of steps) if (step.kind === 'effect') add('effects', step);
  for (const step of steps) if (marks.has(step.kind)) add('start, news, end', step);
  const order = (row: Row): number => Math.min(...row.steps.map(({ at }) => Date.parse(at)));
  return [...rows.values()].toSorted((a, b) => order(a) - order(b));
}

const marks: ReadonlySet<StepKind> = new Set(['accepted', 'started', 'message', 'child', 'trouble', 'end']);

function shape(step: Step, from: number, until: number, middle: number): Markup {
  const name = markup`<title>${withPlainTimes(step.text)}</title>`;
  switch (step.kind) {
    case 'attempt': {
      const width = Math.max(LEAST_WIDTH, until - from);
      const y = middle - barHeight / 2;
      if (step.until === null)
        return markup`<g>${name}<rect class="open" x="${px(from)}" y="${y}" width="${px(width)}" height="${barHeight}"/></g>`;
      if (!step.error) return markup`<g>${name}${bar('blue', from, y, width, barHeight)}</g>`;
      return markup`<g>${name}${bar('red', from, y, width, barHeight)}${cross(px(from + width / 2), px(middle))}</g>`;
    }
    case 'retry-wait':
    case 'wait':
      return markup`<g>${name}${bar('grey', from, middle - 2, Math.max(LEAST_WIDTH, until - from), 4)}</g>`;
    case 'effect':
      return markup`<g>${name}${diamond('green', px(from), middle)}</g>`;
    default:
      return markup`<g>${name}<circle class="${step.kind === 'trouble' ? 'red' : 'orange'}" cx="${px(from)}" cy="${middle}" r="4"/></g>`;
  }
}

function bar(colour: Colour, x: number, y: number, width: number, height: number): Markup {
  return markup`<rect class="${colour}" x="${px(x)}" y="${y}" width="${px(width)}" height="${height}" rx="1"/>`;
}

/** Marks a failure, in addition to its color. */
function cross(x: number, y: number): Markup {
  return markup`<path class="cross" d="M${x - 3} ${y - 3}l6 6m0-6l-6 6"/>`;
}

function diamond(colour: Colour, x: number, y: number): Markup {
  return markup`<path class="${colour}" d="M${x} ${y - 5}l5 5l-5 5l-5-5z"/>`;
}

/** Describes the chart for people who can't see it; the table contains the details. */
function describe(rows: readonly Row[]): string {
  const parts = rows.map(
    ({ label, steps }) => `${label}: ${steps.length === 1 ? 'once' : `${steps.length} marks`}`,
  );
  return `What happened over time. ${parts.join('; ')}. The table lists all of it.`;
}
