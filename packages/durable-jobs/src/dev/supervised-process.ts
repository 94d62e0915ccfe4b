import { closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { errorMessage } from '../process/errors.ts';
import { formatFailure } from './format-log-line.ts';
import { guardProcess, releaseProcess } from './guard.ts';
import { signalGroup } from './process-group.ts';
import { openLog, readTail } from './process-log.ts';
import { waitUntil } from './wait.ts';

/** A part of the stack that runs as a separate process. */
export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the process. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** The user to run it as, if it is not the user of this process. */
  user?: { uid: number; gid: number };
  /** Whether to open a channel whose end informs a Node process that its supervisor has exited. */
  channel?: boolean;
  /** File for everything that the process prints. */
  logFile: string;
  /** Called with each line that the process prints. */
  onLine?: (line: string) => void;
  /** Whether it is ready. Throwing means that it is not ready yet. */
  isReady: (signal: AbortSignal) => boolean | Promise<boolean>;
  readyTimeoutMs: number;
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** Time that it has to stop before it is killed. */
  stopGraceMs: number;
  /** Called before every start. */
  beforeStart?: () => Promise<void>;
}

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that was started. */
export interface RunningProcess {
  spec: ProcessSpec;
  pid: number;
  /** Resolves when the process has ended, for any reason. */
  exited: Promise<Exit>;
  /** Returns the end of its output. */
  tail: () => string;
  /** Requests its stop and waits. If it exceeds its time limit, it is killed together with the rest of its group. */
  stop: () => Promise<Exit>;
}

/** Thrown if a process ended unexpectedly or did not become ready. The message contains its last output. */
export class ProcessFailedError extends Error {
  override readonly name = 'ProcessFailedError';
}

/**
 * Starts a process and waits until it is ready.
 * @throws {ProcessFailedError} if it ends before it is ready, or exceeds its time limit; nothing of it is left running then.
 */
export async function startProcess(spec: ProcessSpec, signal?: AbortSignal): Promise<RunningProcess> {
  await spec.beforeStart?.();
  signal?.throwIfAborted();
  const running = await launch(spec);
  const waiting = new AbortController();
  const abort = (): void => waiting.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  void running.exited.then((exit) =>
    waiting.abort(new ProcessFailedError(`${spec.name} ${describeExit(exit)} before it was ready`)),
  );
  try {
    await waitUntil(spec.isReady, {
      what: `${spec.name} is not ready`,
      timeoutMs: spec.readyTimeoutMs,
      signal: waiting.signal,
    });
    return running;
  } catch (error) {
    // Read before it is stopped, because the stop would look like an exit of its own.
    const reason: unknown = waiting.signal.aborted ? waiting.signal.reason : error;
    await running.stop();
    if (signal?.aborted) throw error;
    throw new ProcessFailedError(`${errorMessage(reason)}\n${describeTail(running)}`, { cause: reason });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Describes how a process ended. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was killed by ${signal}`;
}

/** Describes the last output of a process, and where to find the rest. */
export function describeTail(running: Pick<RunningProcess, 'spec' | 'tail'>): string {
  // Output that was read line by line has already been shown.
  if (running.spec.onLine) return `  Full output: ${running.spec.logFile}`;
  const lines = formatFailure(running.tail()).split('\n').slice(-TAIL_LINES);
  const head = lines.join('') === '' ? '  It printed nothing.' : lines.map(shorten).join('\n');
  return `${head}\n  Full output: ${running.spec.logFile}`;
}

const TAIL_LINES = 40;
/** The log file contains all of a longer line. */
const TAIL_WIDTH = 400;

function shorten(line: string): string {
  return `  | ${line.length > TAIL_WIDTH ? `${line.slice(0, TAIL_WIDTH)}…` : line}`;
}

function takeLine(spec: ProcessSpec, log: number, line: string): void {
  writeSync(log, `${line}\n`);
  spec.onLine?.(line);
}

async function launch(spec: ProcessSpec): Promise<RunningProcess> {
  const log = openLog(spec.logFile);
  // Output goes directly into the file unless its lines are also read, so that the process does not depend on this one to drain its output.
  // Any descriptor is accepted; execa's types only list the lowest.
  const output = spec.onLine ? 'pipe' : (log.fd as 3);
  const child = execa(spec.command, spec.args, {
    env: spec.env,
    extendEnv: false,
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
    ...spec.user,
    // A separate group: the terminal's Ctrl-C must not end all parts at once, and its helpers end with it.
    detached: true,
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    ipc: spec.channel === true,
    buffer: false,
    reject: false,
    killSignal: spec.stopSignal,
    forceKillAfterDelay: spec.stopGraceMs,
  });
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => takeLine(spec, log.fd, line));
  }
  void child.finally(() => closeSync(log.fd));
  const { pid } = child;
  if (pid === undefined) {
    const { cause } = await child;
    throw new ProcessFailedError(`${spec.name} cannot be started: ${errorMessage(cause)}`, { cause });
  }
  guardProcess(pid, { signal: spec.stopSignal, graceMs: spec.stopGraceMs });
  void exited.then(() => {
    signalGroup(pid, 'SIGKILL');
    releaseProcess(pid);
  });
  return {
    spec,
    pid,
    exited,
    tail: () => readTail(spec.logFile, log.start),
    stop() {
      child.kill();
      return exited;
    },
  };
}
