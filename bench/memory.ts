import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The memory of a process over time: its resident set in MiB. */
export interface MemoryFigures {
  start: number;
  max: number;
  end: number;
  /** One reading for each tenth of the time, the largest in it. */
  tenths: number[];
}

const SAMPLE_MS = 1_000;

/** Reads the resident set of processes every second until it is stopped, which gives the figures of each. */
export async function watchMemory<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): Promise<() => Promise<Record<Name, MemoryFigures>>> {
  const names = Object.keys(pids) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  const sample = async (): Promise<void> => {
    const { stdout } = await run('ps', ['-o', 'pid=,rss=', '-p', Object.values(pids).join(',')]);
    const rssKiB = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
    );
    for (const name of names) samples.get(name)?.push((rssKiB.get(pids[name]) ?? NaN) / 1024);
  };
  await sample();
  let sampling = Promise.resolve();
  const timer = setInterval(() => {
    sampling = sampling.then(sample);
  }, SAMPLE_MS);
  return async () => {
    clearInterval(timer);
    await sampling;
    await sample();
    return Object.fromEntries(names.map((name) => [name, figuresOf(samples.get(name) ?? [])])) as Record<
      Name,
      MemoryFigures
    >;
  };
}

function figuresOf(samples: readonly number[]): MemoryFigures {
  const tenth = Math.max(1, Math.ceil(samples.length / 10));
  const tenths: number[] = [];
  for (let from = 0; from < samples.length; from += tenth) {
    tenths.push(Math.max(...samples.slice(from, from + tenth)));
  }
  return { start: samples[0] ?? NaN, max: Math.max(...samples), end: samples.at(-1) ?? NaN, tenths };
}
