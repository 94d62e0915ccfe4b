import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { guardProcess, releaseProcess } from './guard.ts';
import { signalGroup } from './process-group.ts';
import type { Report } from './wait.ts';

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

/** What a program prints, or undefined if it cannot be run or fails. */
export async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const { failed, all } = await execa(command, args, { all: true, timeout: 20_000, reject: false });
  return failed ? undefined : all;
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
  { env = process.env, cwd, timeoutMs, onLine, signal }: TaskOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const child = execa(command, args, {
    env,
    extendEnv: false,
    ...(cwd !== undefined && { cwd }),
    stdin: 'ignore',
    all: true,
    // With its helpers (compilers, a JVM) it is ended as a group.
    detached: process.platform !== 'win32',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(signal && { cancelSignal: signal }),
    reject: false,
  });
  const { pid } = child;
  if (pid !== undefined) guardProcess(pid, { signal: 'SIGTERM', graceMs: 2_000 });
  try {
    if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(line);
    const { failed, timedOut, exitCode, stdout, all, shortMessage } = await child;
    signal?.throwIfAborted();
    if (!failed) return stdout;
    const reason = timedOut
      ? `took longer than ${timeoutMs / 1000} s`
      : exitCode === undefined
        ? `failed (${shortMessage})`
        : `ended with code ${exitCode}`;
    const last = all.split('\n').filter((line) => line.trim() !== '');
    throw new Error(`${[command, ...args.slice(0, 2)].join(' ')} ${reason}: ${last.slice(-8).join('\n')}`);
  } finally {
    if (pid !== undefined) {
      signalGroup(pid, 'SIGKILL');
      releaseProcess(pid);
    }
  }
}

/** Which servers the SDK can download. */
export type DownloadKind = 'dev-server' | 'time-skipping';

/**
 * Lets the SDK download a server into a folder. It can only be asked to start one, so this starts it and stops it again, in a process of
 * its own: the download cannot be interrupted otherwise, and the SDK's native core stays out of this one.
 * @throws if there is no way to its download site.
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
