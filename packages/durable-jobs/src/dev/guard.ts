import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How the guard ends a leftover process. */
export interface Ending {
  signal: NodeJS.Signals;
  graceMs: number;
}

interface GuardState {
  guard?: ChildProcess;
  announce: (pid: number) => void;
}

/** One guard for the process, however often it loads this module: a test runner does so for each file. */
const holder = globalThis as typeof globalThis & { durableJobsGuard?: GuardState };
const state = (holder.durableJobsGuard ??= { announce: () => undefined });

/** Calls back with the guard's process id when it starts, which is at the first registration. */
export function onGuardStart(callback: (pid: number) => void): void {
  state.announce = callback;
  const pid = state.guard?.pid;
  if (pid !== undefined) callback(pid);
}

/** Registers a process (the leader of its group) that must not outlive this one, even if this one is killed. */
export function guardProcess(pid: number, ending: Ending): void {
  tell({ type: 'process', pid, ...ending });
}

/** Unregisters a process that has ended. */
export function releaseProcess(pid: number): void {
  tell({ type: 'ended', pid });
}

/** Registers a temporary folder that must not outlive this process. */
export function guardFolder(path: string): void {
  tell({ type: 'folder', path });
}

/** Unregisters a folder that was removed. */
export function releaseFolder(path: string): void {
  tell({ type: 'removed', path });
}

function tell(message: object): void {
  state.guard ??= startGuard();
  state.guard.stdin?.write(`${JSON.stringify(message)}\n`);
}

function startGuard(): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL('reaper.mjs', import.meta.url))], {
    // A separate session, which the terminal's signals do not reach.
    detached: true,
    // Its working directory must not keep a folder in use.
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH },
  });
  if (child.pid !== undefined) state.announce(child.pid);
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  // The guard waits for this process, not the other way round.
  child.unref();
  (child.stdin as unknown as { unref: () => void }).unref();
  return child;
}
