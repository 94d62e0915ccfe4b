import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guardProcess, releaseProcess } from './guard.ts';
import { abortable, waitUntil } from './wait.ts';

/** A part of the stack that runs as a process of its own. */
export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the process. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Whom to run it as, where that is not the user of this process. */
  user?: { uid: number; gid: number };
  /** Opens a channel whose end tells a Node process that its supervisor is gone. */
  channel?: boolean;
  /** Gets all that the process prints. */
  logFile: string;
  /** Whether it can be used. One that throws is not ready yet. */
  isReady: (signal: AbortSignal) => boolean | Promise<boolean>;
  readyTimeoutMs: number;
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long it may take to stop before it is killed. */
  stopGraceMs: number;
  /** Done before every start. */
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
  /** Settles when the process has ended, for whatever reason. */
  exited: Promise<Exit>;
  /** The last lines of what it printed. */
  tail: () => string;
  /** Asks it to stop and waits; kills it, and what is left of its group, when that takes longer than it may. */
  stop: () => Promise<Exit>;
}

/** A process that ended by itself, or did not become ready. The message has its last output. */
export class ProcessFailedError extends Error {
  override readonly name = 'ProcessFailedError';
}

const TAIL_LINES = 40;
/** A line of JSON can be very long; the log has all of it. */
const TAIL_WIDTH = 400;
const TAIL_BYTES = 16 * 1024;
/** A log that has grown beyond this is set aside at the next start. */
const LOG_BYTES = 20 * 1024 * 1024;

/**
 * Starts a process and waits until it is ready.
 * @throws {ProcessFailedError} at once when it ends before, or after its time; nothing of it is left running then.
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
    // Read before it is stopped, which would be taken for an end of its own.
    const reason: unknown = waiting.signal.aborted ? waiting.signal.reason : error;
    await running.stop();
    if (signal?.aborted) throw error;
    throw new ProcessFailedError(
      `${reason instanceof Error ? reason.message : String(reason)}\n${describeTail(running)}`,
      { cause: reason },
    );
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** What happened to a process, in words. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

/** The last output of a process, with where to find the rest. */
export function describeTail(running: Pick<RunningProcess, 'spec' | 'tail'>): string {
  const tail = running.tail();
  const head = tail === '' ? '  It printed nothing.' : tail.replaceAll(/^/gm, '  | ');
  return `${head}\n  All of its output: ${running.spec.logFile}`;
}

async function launch(spec: ProcessSpec): Promise<RunningProcess> {
  const log = openLog(spec.logFile);
  let child: ChildProcess;
  try {
    child = spawn(spec.command, spec.args, {
      env: spec.env,
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      ...spec.user,
      // A group of its own: the terminal's Ctrl-C must not end all parts at once, and its helpers end with it.
      detached: true,
      // Straight into the file, so that it does not depend on this process to get rid of its output.
      stdio: ['ignore', log.fd, log.fd, ...(spec.channel === true ? (['ipc'] as const) : [])],
    });
  } finally {
    closeSync(log.fd);
  }
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new ProcessFailedError(`${spec.name} can not be started: ${error.message}`, { cause: error })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new ProcessFailedError(`${spec.name} has no process id`);
  guardProcess(pid, { signal: spec.stopSignal, graceMs: spec.stopGraceMs });
  void exited.then(() => {
    signalGroup(pid, 'SIGKILL');
    releaseProcess(pid);
  });
  child.on('error', () => undefined);
  return {
    spec,
    pid,
    exited,
    tail: () => readTail(spec.logFile, log.start),
    stop: () => stop(child, exited, spec),
  };
}

async function stop(child: ChildProcess, exited: Promise<Exit>, spec: ProcessSpec): Promise<Exit> {
  child.kill(spec.stopSignal);
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), spec.stopGraceMs);
  try {
    return await abortable(exited, given.signal);
  } catch {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    child.kill('SIGKILL');
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}

/** Signals a process group; one that is gone is fine. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // Windows has no process groups.
  if (process.platform === 'win32') return;
  try {
    process.kill(-pid, signal);
  } catch {
    // None of the group is left.
  }
}

/** Opens a log for appending, and tells where what is written from now on begins. */
function openLog(file: string): { fd: number; start: number } {
  mkdirSync(dirname(file), { recursive: true });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a');
  return { fd, start: fstatSync(fd).size };
}

function readTail(file: string, start: number): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(start, size - TAIL_BYTES);
    const buffer = new Uint8Array(Math.max(0, size - from));
    const length = readSync(fd, buffer, 0, buffer.length, from);
    const text = new TextDecoder().decode(buffer.subarray(0, length)).trimEnd();
    return text
      .split('\n')
      .slice(-TAIL_LINES)
      .map((line) => (line.length > TAIL_WIDTH ? `${line.slice(0, TAIL_WIDTH)}…` : line))
      .join('\n');
  } finally {
    closeSync(fd);
  }
}

/** What a supervisor tells about the process that it looks after. */
export interface SupervisorEvents {
  /** It died, and is started again after a wait. */
  died: (details: { spec: ProcessSpec; problem: string; tail: string; restartInMs: number }) => void;
  restarted: (running: RunningProcess) => void;
  /** It died too often without becoming ready, and is given up. */
  gaveUp: (details: { spec: ProcessSpec; problem: string; tail: string }) => void;
}

/** How often and how fast a process is started again. */
export interface RestartPolicy {
  firstWaitMs: number;
  longestWaitMs: number;
  /** After this long in good health, what was before is forgotten. */
  healthyAfterMs: number;
  /** Failed starts in a row after which it is given up. */
  maxFailures: number;
}

/** For a part of a stack that a person looks at: quick at first, and not for ever. */
export const defaultRestartPolicy: RestartPolicy = {
  firstWaitMs: 500,
  longestWaitMs: 15_000,
  healthyAfterMs: 60_000,
  maxFailures: 5,
};

/** Keeps a process running until it is stopped. */
export interface Supervisor {
  spec: ProcessSpec;
  /** The process as it runs now; undefined while it is down. */
  current: () => RunningProcess | undefined;
  stop: () => Promise<Exit | undefined>;
}

/** The wait before the n-th start in a row, counted from 1. */
export function restartWaitMs(policy: RestartPolicy, attempt: number): number {
  return Math.min(policy.firstWaitMs * 2 ** (attempt - 1), policy.longestWaitMs);
}

/**
 * Starts a process, waits until it is ready, and from then on starts it again whenever it ends by itself.
 * @throws {ProcessFailedError} where the first start fails.
 */
export async function supervise(
  spec: ProcessSpec,
  events: SupervisorEvents,
  options: { signal?: AbortSignal; policy?: RestartPolicy } = {},
): Promise<Supervisor> {
  const policy = options.policy ?? defaultRestartPolicy;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let current: RunningProcess | undefined = await startProcess(spec, options.signal);
  const looking = lookAfter();

  async function lookAfter(): Promise<void> {
    let attempt = 0;
    let failures = 0;
    let readySince = performance.now();
    while (!isStopping()) {
      let problem: string;
      let tail: string;
      if (current) {
        const exit = await current.exited;
        if (isStopping()) return;
        if (performance.now() - readySince >= policy.healthyAfterMs) attempt = 0;
        problem = `${spec.name} ${describeExit(exit)}`;
        tail = describeTail(current);
        current = undefined;
      } else {
        try {
          current = await startProcess(spec, stopping.signal);
          failures = 0;
          readySince = performance.now();
          events.restarted(current);
          continue;
        } catch (error) {
          if (isStopping()) return;
          failures++;
          problem = error instanceof Error ? error.message : String(error);
          tail = '';
        }
      }
      if (failures >= policy.maxFailures) {
        events.gaveUp({ spec, problem, tail });
        return;
      }
      attempt++;
      const restartInMs = restartWaitMs(policy, attempt);
      events.died({ spec, problem, tail, restartInMs });
      await delay(restartInMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    spec,
    current: () => current,
    async stop() {
      stopping.abort();
      const exit = await current?.stop();
      await looking;
      return exit;
    },
  };
}
