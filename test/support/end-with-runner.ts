/**
 * Set-up of every test file. If the runner is killed, the processes that run the test files would continue for minutes, with the servers
 * that they have started. So they end, together with their servers, as soon as the runner is gone. Threads of the runner end with it
 * anyway.
 */
import { execFileSync } from 'node:child_process';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) process.once('disconnect', endAll);

function endAll(): void {
  for (const pid of descendants(process.pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  // vitest has replaced process.exit by an error.
  process.kill(process.pid, 'SIGKILL');
}

function descendants(pid: number): number[] {
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
