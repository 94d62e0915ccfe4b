import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds, TICKS } from './cpu.ts';

/** The load from which a machine does not count as quiet. */
export const QUIET = 0.5;

const SAMPLE_MS = 1_000;

/** Returns the load average of the last minute. */
export function loadAverage(): number {
  return loadavg()[0] ?? NaN;
}

/**
 * Returns how many cores programs other than this process and those that it has started use, over a second: after its own rounds, the load
 * average says nothing about them. Linux alone.
 */
export async function othersBusy(): Promise<number> {
  const since = performance.now();
  const before = busySeconds() - cpuSeconds(process.pid);
  await delay(SAMPLE_MS);
  const used = busySeconds() - cpuSeconds(process.pid) - before;
  return Math.max(0, (used * 1_000) / (performance.now() - since));
}

/** Returns the seconds of all cores in which they did not idle, see `cpu` of /proc/stat in proc(5). Linux alone. */
export function busySeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = first.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softIrq) / TICKS;
}
