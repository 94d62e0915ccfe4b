import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../figures.ts';
import { lineChart, type Line } from '../line-chart.ts';
import type { Reading } from '../part.ts';

/** A reading of everything, with its time since the load became steady. */
export interface Sample {
  minutes: number;
  reading: Reading;
}

/** What a run was. */
export interface EnduranceRun {
  startedAt: string;
  machine: string;
  commit: string;
  /** Units of the load per second, and the share of the machine's processor time that it used, at the beginning. */
  unitsPerSecond: number;
  busyShare: number;
  samples: readonly Sample[];
  /** What was accepted, and what came of it, as sentences. */
  results: readonly string[];
  tables: { first: Record<string, Reading>; last: Record<string, Reading> };
}

/** A chart: its title, the unit of its scale, and its lines by their keys in the readings. */
interface Chart {
  file: string;
  title: string;
  unit: string;
  keys: Readonly<Record<string, string>>;
}

const CHARTS: readonly Chart[] = [
  {
    file: 'memory',
    title: 'Resident memory',
    unit: 'MiB',
    keys: { 'worker MiB': 'worker', 'api MiB': 'API', 'temporal MiB': 'engine' },
  },
  {
    file: 'handles',
    title: 'Open handles',
    unit: 'number',
    keys: { 'worker handles': 'worker', 'api handles': 'API', connections: 'database connections' },
  },
  {
    file: 'latency',
    title: 'Latency, 95 % are faster',
    unit: 'ms',
    keys: {
      'order accepted p95': 'POST /api/orders',
      'email p95': 'welcome email',
      'receipt p95': 'receipt of an order',
      'work item p95': 'work item',
    },
  },
  {
    file: 'tables',
    title: 'Database',
    unit: 'MiB',
    keys: { 'tables MiB': 'tables', 'indexes MiB': 'indexes' },
  },
  {
    file: 'dead-rows',
    title: 'Dead rows',
    unit: 'percent of all rows',
    keys: { 'dead rows, %': 'all tables' },
  },
  {
    file: 'histories',
    title: 'Histories',
    unit: 'events of the longest of the last runs',
    keys: {
      'processOrder events': 'processOrder',
      'sendWelcomeEmail events': 'sendWelcomeEmail',
      'sendPasswordReset events': 'sendPasswordReset',
      'hosted service events': 'hosted services',
    },
  },
];

/** The figures that must stay flat, and by how much the last quarter may exceed the second one, in percent. */
const FLAT: Readonly<Record<string, number>> = {
  'api MiB': 10,
  'worker MiB': 10,
  'temporal MiB': 20,
  'api handles': 10,
  'worker handles': 10,
  connections: 10,
  'dead rows, %': 25,
  'order accepted p95': 25,
  'email p95': 25,
  'receipt p95': 25,
  'work item p95': 25,
  'processOrder events': 0,
  'sendWelcomeEmail events': 0,
  'hosted service events': 50,
};

/** How a figure changed: its medians in the second and in the last quarter of the time. */
export interface Change {
  key: string;
  second: number;
  last: number;
  percent: number;
  /** Whether it stayed within its limit. */
  flat: boolean;
}

/** Compares the last quarter of a run with the second one; the first one fills caches. */
export function changesOf(samples: readonly Sample[]): Change[] {
  const quarter = Math.floor(samples.length / 4);
  const middle = (part: readonly Sample[], key: string): number =>
    median(part.map(({ reading }) => reading[key] ?? NaN).filter((value) => !Number.isNaN(value)));
  return Object.entries(FLAT).map(([key, limit]) => {
    const second = middle(samples.slice(quarter, 2 * quarter), key);
    const last = middle(samples.slice(-quarter), key);
    const percent = (last / second - 1) * 100;
    return { key, second, last, percent, flat: percent <= limit };
  });
}

/** Writes a run as JSON, a page with tables, and charts, into a folder. */
export function writeEndurance(folder: string, run: EnduranceRun): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'samples.json'), `${JSON.stringify(run)}\n`);
  for (const { file, title, unit, keys } of CHARTS) {
    const lines = Object.entries(keys).map(([key, name]): Line => ({
      name,
      points: run.samples.flatMap(({ minutes, reading }) => {
        const value = reading[key];
        return value === undefined || Number.isNaN(value) ? [] : [[minutes, value] as const];
      }),
    }));
    writeFileSync(join(folder, `${file}.svg`), lineChart(title, unit, lines));
  }
  writeFileSync(join(folder, 'README.md'), pageOf(run));
}

function pageOf(run: EnduranceRun): string {
  const { first, last } = run.tables;
  const minutes = run.samples.at(-1)?.minutes ?? 0;
  return [
    '# Endurance',
    '',
    `${run.unitsPerSecond.toFixed(2)} units of mixed load per second for ${minutes.toFixed(0)} minutes, which used ${(run.busyShare * 100).toFixed(0)} % of the ` +
      `processor time at the beginning. ${run.startedAt.slice(0, 16)}Z, commit ${run.commit}, ${run.machine}. [bench/README.md](../../README.md) says what is measured.`,
    '',
    ...run.results.map((line) => `- ${line}`),
    '',
    ...table(
      ['', 'second quarter', 'last quarter', 'change', 'flat'],
      changesOf(run.samples).map(({ key, second, last: end, percent, flat }) => [
        key,
        figure(second),
        figure(end),
        `${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %`,
        flat ? 'yes' : 'no',
      ]),
    ),
    '',
    ...CHARTS.flatMap(({ file, title }) => [`![${title}](${file}.svg)`, '']),
    '## Tables of more than a MiB',
    '',
    ...table(
      ['', 'rows', 'dead rows', 'MiB', 'bytes per row at the beginning', 'at the end'],
      Object.entries(last).map(([name, reading]) => [
        name,
        figure(reading.live),
        figure(reading.dead),
        figure(reading.mib),
        figure(bytesPerRow(first[name])),
        figure(bytesPerRow(reading)),
      ]),
    ),
    '',
  ].join('\n');
}

function bytesPerRow(reading: Reading | undefined): number {
  return ((reading?.mib ?? NaN) * 1_048_576) / (reading?.live ?? NaN);
}

function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
