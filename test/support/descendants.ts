import { execFileSync } from 'node:child_process';

/** Returns the processes that a process has started, and those that they have started. Empty on Windows. */
export function descendants(pid: number): number[] {
  if (process.platform === 'win32') return [];
  const children = new Map<number, number[]>();
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')) {
    const [child = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = [pid];
  for (const parent of found) found.push(...(children.get(parent) ?? []));
  return found.slice(1);
}
