import { readdirSync, readFileSync } from 'node:fs';
import { median } from './figures.ts';

/** Clock ticks a second in /proc, which Linux has fixed for programs (proc(5), `sysconf(_SC_CLK_TCK)`). */
export const TICKS = 100;

interface Usage {
  parent: number;
  seconds: number;
}

/** Seconds of CPU that a process and all that it has started have used. Linux alone. */
export function cpuSeconds(pid: number): number {
  const usages = new Map<number, Usage>();
  for (const name of readdirSync('/proc')) {
    const usage = /^\d+$/.test(name) ? readUsage(name) : undefined;
    if (usage) usages.set(Number(name), usage);
  }
  const isOf = (candidate: number): boolean => {
    for (let current: number | undefined = candidate; current; current = usages.get(current)?.parent) {
      if (current === pid) return true;
    }
    return false;
  };
  return [...usages].reduce((sum, [candidate, { seconds }]) => sum + (isOf(candidate) ? seconds : 0), 0);
}

/**
 * Begins to measure processes, by name. Returns a function that divides the processor time since then by a number of units of work, in
 * milliseconds.
 */
export function cpuMeter(
  processes: Readonly<Record<string, number>>,
): (units: number) => Record<string, number> {
  // Of this process, that of its children is not its own.
  const used = (pid: number): number =>
    pid === process.pid
      ? (process.cpuUsage().user + process.cpuUsage().system) / 1_000
      : cpuSeconds(pid) * 1_000;
  const before = Object.entries(processes).map(([name, pid]) => ({ name, pid, ms: used(pid) }));
  return (units) => Object.fromEntries(before.map(({ name, pid, ms }) => [name, (used(pid) - ms) / units]));
}

/** Describes several readings of the same processes by their medians. */
export function describeCpu(readings: readonly Readonly<Record<string, number>>[]): string {
  return Object.keys(readings[0] ?? {})
    .map((name) => `${name} ${median(readings.map((reading) => reading[name] ?? 0)).toFixed(2)}`)
    .join(', ');
}

/** A process may end while it is read. */
function readUsage(pid: string): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      // Its own in user and system mode, and that of the children which have ended.
      seconds: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS,
    };
  } catch {
    return undefined;
  }
}

/** Names processor times as a reading does. */
export function prefixed(cpu: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [`cpu ${name}`, ms]));
}
