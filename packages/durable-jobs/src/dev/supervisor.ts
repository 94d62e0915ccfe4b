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

/** A process that has ended, or whose start has failed. */
export interface Ended {
  spec: ProcessSpec;
  problem: string;
  /** The last output of a process that was ready; that of a failed start is in `problem`. */
  tail: string;
}

/** What a supervisor reports about the process that it keeps running. */
export interface SupervisorEvents {
  /** It died, and is started again after a wait. */
  died: (ended: Ended & { restartInMs: number }) => void;
  restarted: (running: RunningProcess) => void;
  /** It died too often without becoming ready, and is given up. */
  gaveUp: (ended: Ended) => void;
  /** Its start failed, and the next one waits for a reload. */
  waits?: (ended: Ended) => void;
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

/** For a part of a stack that a person watches: quick at first, and limited. */
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
  /** Stops the process, where it runs, and starts it again at once. */
  reload: () => Promise<void>;
  stop: () => Promise<Exit | undefined>;
}

/** How a supervisor works. */
export interface SuperviseOptions {
  /** Gives up the first start. */
  signal?: AbortSignal;
  policy?: RestartPolicy;
  /** A start that fails, the first one too, is not repeated before a reload: its code must be changed first. */
  waitsForReload?: boolean;
}

/** The wait before the n-th start in a row, counted from 1. */
export function restartWaitMs(policy: RestartPolicy, attempt: number): number {
  return Math.min(policy.firstWaitMs * 2 ** (attempt - 1), policy.longestWaitMs);
}

/**
 * Starts a process, waits until it is ready, and from then on starts it again whenever it ends by itself.
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
    while (!isStopping()) {
      let ended: Ended;
      if (current) {
        const exit = await current.exited;
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
          events.restarted(current);
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
        attempt = 0;
        failures = 0;
      }
    }
  }

  return {
    spec,
    current: () => current,
    async reload() {
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
