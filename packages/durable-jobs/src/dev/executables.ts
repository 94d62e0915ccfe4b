import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { guardProcess, releaseProcess } from './guard.ts';
import type { Report } from './wait.ts';

const runFile = promisify(execFile);

/** The first of these names that is an executable on PATH. */
export function findOnPath(...names: string[]): string | undefined {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      for (const extension of extensions) {
        const path = join(folder, name + extension);
        if (folder !== '' && isExecutable(path)) return path;
      }
    }
  }
  return undefined;
}

/** Whether there is a file that may be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What a program prints, or undefined where it can not be run or fails. */
export async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runFile(command, args, { timeout: 20_000 });
    return stdout + stderr;
  } catch {
    return undefined;
  }
}

/** How to run a long task. */
interface TaskOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs: number;
  /** Takes each line that it prints. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, and returns what it printed to its standard output.
 * @throws with its last lines when it fails, takes too long, or is aborted.
 */
export async function runTask(
  command: string,
  args: readonly string[],
  options: TaskOptions,
): Promise<string> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // With its helpers (compilers, a JVM) it is ended as a group.
    detached: process.platform !== 'win32',
  });
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const outcome = { timedOut: false };
  const timer = setTimeout(() => {
    outcome.timedOut = true;
    kill();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  const lines: string[] = [];
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      lines.push(line);
      if (lines.length > 20) lines.shift();
      options.onLine?.(line);
    });
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('spawn', () => {
        if (child.pid !== undefined) guardProcess(child.pid, { signal: 'SIGTERM', graceMs: 2_000 });
      });
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    if (code === 0) return output;
    const reason = outcome.timedOut
      ? `took longer than ${options.timeoutMs / 1000} s`
      : `ended with code ${code ?? 'none'}`;
    throw new Error(`${[command, ...args.slice(0, 2)].join(' ')} ${reason}: ${lines.slice(-8).join('\n')}`);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
    if (child.pid !== undefined) releaseProcess(child.pid);
  }
}

/** Which servers the SDK can download. */
export type DownloadKind = 'dev-server' | 'time-skipping';

/**
 * Lets the SDK download a server into a folder. It can only be asked to start one, so this starts it and stops it again,
 * in a process of its own: the download can not be interrupted otherwise, and the SDK's native core stays out of this one.
 * @throws where there is no way to its download site.
 */
export async function downloadWithSdk(
  kind: DownloadKind,
  version: string,
  folder: string,
  options: { report: Report; signal?: AbortSignal },
): Promise<void> {
  options.report('downloading');
  const script = fileURLToPath(new URL('sdk-download.mjs', import.meta.url));
  await runTask(process.execPath, [script, kind, version, folder], {
    // About 50 MB, over a slow line.
    timeoutMs: 5 * 60_000,
    ...(options.signal && { signal: options.signal }),
  });
}

/** The shortest sentence of an error that runs over many lines. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.trim() !== '') ?? text;
}
