import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { guardProcess, releaseProcess } from './guard.ts';
import { signalGroup } from './process-group.ts';
import type { Report } from './wait.ts';

/** Returns the first of these names that is an executable on PATH. */
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

/** Whether an executable file exists. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Returns the output of a program, or undefined if it cannot be run or fails. */
export async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const { failed, all } = await execa(command, args, { all: true, timeout: 20_000, reject: false });
  return failed ? undefined : all;
}

/** Options of {@link runTask}. */
export interface TaskOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs: number;
  /** Called with each line that it prints. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Runs a program until it ends and returns its standard output.
 * @throws an error with its last lines if it fails, takes too long, or is aborted.
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
    // It is ended as a group with its helpers (compilers, a JVM).
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
        : `exited with code ${exitCode}`;
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
 * Makes the SDK download a server into a folder. The SDK can only start a server, so a separate process starts it and stops it again:
 * otherwise the download could not be interrupted, and the SDK's native core would be loaded into this process.
 * @throws if its download site is not reachable.
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
    // About 50 MB, over a slow connection.
    timeoutMs: 5 * 60_000,
    ...(options.signal && { signal: options.signal }),
  });
}

/** Returns the first line of an error. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.trim() !== '') ?? text;
}
