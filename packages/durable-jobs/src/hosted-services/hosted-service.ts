import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ServiceProgress } from './state.ts';

export type { ServiceProgress };

/** The context of one run of a hosted service. A run lasts until `signal` aborts; then it finishes work in progress and returns. */
export interface ServiceScope {
  /**
   * Aborts when the run must end: the service was paused, its worker is stopping, or it lost the lock. Work in progress has some seconds to
   * end.
   */
  signal: AbortSignal;
  db: Db;
  /** Logger with the ids of the service and the run. */
  logger: Logger;
  /**
   * Resolves at the next notification on the service's channel, after `ms`, or when `signal` aborts; immediately if a notification arrived
   * since the last wait. Never rejects.
   */
  wait: (ms: number) => Promise<void>;
  /** Like {@link wait}, but notifications do not end it: for the time after an error, when notifications would cause a busy loop. */
  pause: (ms: number) => Promise<void>;
  /** Reports what the service does, for `GET /api/services`. */
  report: (progress: ServiceProgress) => void;
  /**
   * Runs one unit of work with its own scope: a logger with `ids`, and the database. It counts as processed. If it throws, the error is
   * logged and reported, the unit counts as failed, and the result is undefined: the service continues.
   */
  unit: <T>(ids: Record<string, unknown>, work: (unit: UnitScope) => Promise<T>) => Promise<T | undefined>;
}

/** The context of one unit of work, which must not outlive it. */
export interface UnitScope {
  db: Db;
  logger: Logger;
  signal: AbortSignal;
}

/** Work that continues as long as the system runs, on one worker at a time or on every worker. */
export interface HostedService {
  /**
   * Works until the scope's signal aborts. If it throws, the error is logged and shown, and the service runs again after a back-off, on any
   * worker; a service that runs on every worker, on the same one.
   */
  run: (scope: ServiceScope) => Promise<void>;
}

/** A service that polls for work. */
export interface PollingService {
  /** Longest wait between two rounds without work; a notification ends it. */
  pollMs: number;
  /** Wait after a round that threw, for example because its database is unavailable. Notifications do not end it. */
  errorDelayMs: number;
  /** Finds work and does it. `more`: there may be more immediately; `nextAt`: when the next work is due, if known. */
  round: (scope: ServiceScope) => Promise<{ more: boolean; nextAt?: Date | undefined }>;
}

/** Creates a hosted service from rounds. A round that throws is logged and reported, and the next one follows. */
export function polling({ pollMs, errorDelayMs, round }: PollingService): HostedService {
  return {
    async run(scope) {
      while (!scope.signal.aborted) {
        try {
          const { more, nextAt } = await round(scope);
          if (more) continue;
          scope.report({ busy: false });
          await scope.wait(untilNext(nextAt, pollMs));
        } catch (error) {
          scope.logger.error({ err: error }, 'a round of the service failed; it will try again');
          scope.report({ error, busy: false });
          await scope.pause(errorDelayMs);
        }
      }
    },
  };
}

/** Shortest wait for due work: another process may hold its row, or this machine's clock may be ahead. */
const SHORTEST_WAIT_MS = 250;

/** Returns how long to wait for the next due work in milliseconds, at most until the next poll. */
export function untilNext(nextAt: Date | undefined, pollMs: number): number {
  const due = nextAt ? nextAt.getTime() - Date.now() : pollMs;
  return Math.min(pollMs, Math.max(SHORTEST_WAIT_MS, due));
}
