import { barChart } from './chart.ts';
import { median, spreadOf, type Spread } from './figures.ts';
import type { ContenderResult, Figure, PartResult } from './part.ts';

/** Returns results as a page in Markdown. `chartOf` returns the file name of a part's chart; undefined if it has none. */
export function markdownOf(
  parts: readonly PartResult[],
  chartOf: (part: PartResult) => string | undefined,
): string {
  return [
    '# Results',
    '',
    'Figures are medians, with the lowest and highest reading in parentheses. [bench/README.md](../README.md) says what each part measures,',
    'and how to read it.',
    '',
    ...parts.flatMap((part) => partLines(part, chartOf(part))),
  ].join('\n');
}

function partLines(part: PartResult, chart: string | undefined): string[] {
  const { title, about, figures, contenders, reference, failure } = part;
  const withRatio = reference !== undefined;
  const head = [
    '',
    ...figures.map(({ label }) => label),
    ...(withRatio ? [`ratio to: ${reference}`] : []),
    'note',
  ];
  const rows = contenders.map((contender) => [
    contender.name,
    ...figures.map((figure) => cell(contender, figure)),
    ...(withRatio ? [ratioOf(part, contender)] : []),
    contender.note ?? '',
  ]);
  return [
    `## ${headingOf(part)}`,
    '',
    about,
    '',
    ...(failure === undefined ? [] : [`**The part ended early:** ${failure.split('\n', 1)[0] ?? ''}`, '']),
    ...(chart === undefined ? [] : [`![${title}](${chart})`, '']),
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '',
    conditionsOf(part),
    '',
  ];
}

/** The title of a part; the engine is named unless it is the one of `npm start`. */
function headingOf({ title, conditions: { engine } }: PartResult): string {
  return engine === 'dev'
    ? title
    : `${title} (engine on PostgreSQL, ${engine.replace('postgres-', '')} shards)`;
}

function conditionsOf({ conditions, sizes, contenders, startedAt, seconds }: PartResult): string {
  const { machine, built, commit, loadAverage } = conditions;
  const rounds = Math.max(0, ...contenders.map((contender) => contender.rounds.length));
  const busy = contenders.flatMap((contender) => contender.rounds.map(({ othersBusy }) => othersBusy));
  const options = Object.entries(sizes).map(([name, size]) => `${name} ${size.toLocaleString('en')}`);
  return (
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} in ${seconds} s; ${options.join(', ')}. ${startedAt.slice(0, 16)}Z, commit ${commit}, ` +
    `${machine}, ${built ? 'as built for production' : 'from the sources'}. Load average before the run ${loadAverage.toFixed(2)}; ` +
    `other programs used at most ${Math.max(0, ...busy).toFixed(1)} cores before a round.`
  );
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function valuesOf({ rounds }: ContenderResult, { key }: Figure): number[] {
  return rounds.flatMap(({ reading }) => reading[key] ?? []);
}

function cell(contender: ContenderResult, figure: Figure): string {
  const spread = spreadOf(valuesOf(contender, figure));
  return spread === undefined ? '–' : describe(spread, figure);
}

function describe({ median: middle, lowest, highest }: Spread, { digits = 0 }: Figure): string {
  const [shown = '', low = '', high = ''] = [middle, lowest, highest].map((value) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return low === high ? shown : `${shown} (${low}–${high})`;
}

/** The ratio of medians. */
function ratioOf({ contenders, figures, reference }: PartResult, contender: ContenderResult): string {
  const [figure] = figures;
  const other = contenders.find(({ name }) => name === reference);
  if (figure === undefined || other === undefined) return '–';
  const ratio = median(valuesOf(contender, figure)) / median(valuesOf(other, figure));
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '–';
}

/** Draws the first figure of a part; undefined if nothing was measured. */
export function chartOfPart({ title, figures, contenders }: PartResult): string | undefined {
  const [figure] = figures;
  if (figure === undefined) return undefined;
  const bars = contenders.flatMap((contender) => {
    const value = spreadOf(valuesOf(contender, figure));
    return value === undefined ? [] : [{ name: contender.name, value, label: describe(value, figure) }];
  });
  const better = figure.better === 'more' ? 'more is better' : 'less is better';
  return bars.length === 0 ? undefined : barChart(`${title}: ${figure.label} (${better})`, bars);
}
