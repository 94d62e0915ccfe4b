import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../process/errors.ts';
import {
  describeExit,
  describeTail,
  startProcess,
  type Exit,
  type ProcessSpec,
  type RunningProcess,
} from './supervised-process.ts';

/** A process that has ended or failed to start. */
export interface Ended {
  spec: ProcessSpec;
  problem: string;
  /** The last output of a process that was ready; the output of a failed start is in `problem`. */
  tail: string;
}

/** Events of a supervised process. */
export interface SupervisorEvents {
  /** It died, and restarts after a wait. */
  died: (ended: Ended & { restartInMs: number }) => void;
  /** It is ready again, `afterMs` after it ended or its reload was requested. */
  restarted: (running: RunningProcess, afterMs: number) => void;
  /** It failed to start too often, and is not restarted. */
  gaveUp: (ended: Ended) => void;
  /** It failed to start, and waits for a reload. */
  waits?: (ended: Ended) => void;
}

/** How often and how soon a process is restarted. */
export interface RestartPolicy {
  firstWaitMs: number;
  longestWaitMs: number;
  /** Uptime after which earlier failures are forgotten. */
  healthyAfterMs: number;
  /** Consecutive failed starts after which it is not restarted. */
  maxFailures: number;
}

/** Policy for a stack that a person watches: fast at first, and limited. */
export const defaultRestartPolicy: RestartPolicy = {
  firstWaitMs: 500,
  longestWaitMs: 15_000,
  healthyAfterMs: 60_000,
  maxFailures: 5,
};

/** Keeps a process running until it is stopped. */
export interface Supervisor {
  spec: ProcessSpec;
  /** Returns the running process; undefined while it is down. */
  current: () => RunningProcess | undefined;
  /** Stops the process if it is running, and starts it again immediately. */
  reload: () => Promise<void>;
  stop: () => Promise<Exit | undefined>;
}

/** Options of a supervisor. */
export interface SuperviseOptions {
  /** Aborts the first start. */
  signal?: AbortSignal;
  policy?: RestartPolicy;
  /** Whether a failed start, including the first one, waits for a reload, because its code must be changed first. */
  waitsForReload?: boolean;
}

/** Returns the wait before the n-th consecutive start, counted from 1. */
export function restartWaitMs(policy: RestartPolicy, attempt: number): number {
  return Math.min(policy.firstWaitMs * 2 ** (attempt - 1), policy.longestWaitMs);
}

/**
 * Starts a process, waits until it is ready, and restarts it whenever it ends unexpectedly.
 * @throws {ProcessFailedError} if the first start fails, unless it waits for a reload.
 */
export async function supervise(
  spec: ProcessSpec,
  events: SupervisorEvents,
  options: SuperviseOptions = {},
): Promise<Supervisor> {
  const policy = options.policy ?? defaultRestartPolicy;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let reloading = new AbortController();
  let reloadedAt = 0;
  const interrupted = (): AbortSignal => AbortSignal.any([stopping.signal, reloading.signal]);
  let current: RunningProcess | undefined;
  let failed: Ended | undefined;
  try {
    current = await startProcess(spec, options.signal);
  } catch (error) {
    if (options.waitsForReload !== true || options.signal?.aborted) throw error;
    failed = { spec, problem: errorMessage(error), tail: '' };
  }
  const looking = lookAfter();

  async function lookAfter(): Promise<void> {
    let attempt = 0;
    let failures = 0;
    let readySince = performance.now();
    let downSince = readySince;
    while (!isStopping()) {
      let ended: Ended;
      if (current) {
        const exit = await current.exited;
        downSince = performance.now();
        if (isStopping()) return;
        if (performance.now() - readySince >= policy.healthyAfterMs) attempt = 0;
        ended = { spec, problem: `${spec.name} ${describeExit(exit)}`, tail: describeTail(current) };
        current = undefined;
      } else if (failed) {
        ended = failed;
      } else {
        try {
          current = await startProcess(spec, interrupted());
          failures = 0;
          readySince = performance.now();
          events.restarted(current, readySince - downSince);
          continue;
        } catch (error) {
          failures++;
          ended = { spec, problem: errorMessage(error), tail: '' };
          if (options.waitsForReload === true) failed = ended;
        }
      }
      if (isStopping()) return;
      if (!reloading.signal.aborted) {
        if (failed) {
          events.waits?.(failed);
          await new Promise<void>((resolve) =>
            interrupted().addEventListener('abort', () => resolve(), { once: true }),
          );
        } else if (failures >= policy.maxFailures) {
          events.gaveUp(ended);
          return;
        } else {
          const restartInMs = restartWaitMs(policy, ++attempt);
          events.died({ ...ended, restartInMs });
          await delay(restartInMs, undefined, { signal: interrupted() }).catch(() => undefined);
        }
      }
      failed = undefined;
      if (reloading.signal.aborted) {
        reloading = new AbortController();
        downSince = reloadedAt;
        attempt = 0;
        failures = 0;
      }
    }
  }

  return {
    spec,
    current: () => current,
    async reload() {
      reloadedAt = performance.now();
      reloading.abort();
      await current?.stop();
    },
    async stop() {
      stopping.abort();
      const exit = await current?.stop();
      await looking;
      return exit;
    },
  };
}
