import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ServiceProgress } from './state.ts';

export type { ServiceProgress };

/** What one run of a hosted service is given. A run lasts until `signal` aborts; then it ends what is in progress and returns. */
export interface ServiceScope {
  /**
   * Aborts when the run is to end: the service was paused, its worker is stopping, or it lost the right to be the only one. What is in
   * progress has some seconds to end.
   */
  signal: AbortSignal;
  db: Db;
  /** Carries the service's id and the run's. */
  logger: Logger;
  /**
   * Resolves at the next notification on the service's channel, after `ms`, or when `signal` aborts; at once where a
   * notification came since the last wait. Never rejects.
   */
  wait: (ms: number) => Promise<void>;
  /** As {@link wait}, and no notification cuts it short: after an error, when being woken would be a busy loop. */
  pause: (ms: number) => Promise<void>;
  /** Tells people what the service does: shown on `GET /api/services`. */
  report: (progress: ServiceProgress) => void;
  /**
   * Does one unit of work in a scope of its own: a logger that carries `ids`, and the database. It counts as processed. What it
   * throws is logged and reported, counts as failed, and undefined is returned: the service goes on.
   */
  unit: <T>(ids: Record<string, unknown>, work: (unit: UnitScope) => Promise<T>) => Promise<T | undefined>;
}

/** What one unit of a service's work is given, and nothing that outlives it. */
export interface UnitScope {
  db: Db;
  logger: Logger;
  signal: AbortSignal;
}

/** Work that goes on for as long as the system does, on one worker at a time. */
export interface HostedService {
  /**
   * Works until the scope's signal aborts. What it throws is logged and shown, and it runs again after a back-off, on
   * whichever worker takes it.
   */
  run: (scope: ServiceScope) => Promise<void>;
}

/** A service that looks for work again and again. */
export interface PollingService {
  /** The longest wait between two looks when there is nothing to do; a notification ends it. */
  pollMs: number;
  /** The wait after a round that threw: its database is away, say. No notification ends it. */
  errorDelayMs: number;
  /** Looks for work and does it. `more`: there may be more at once; `nextAt`: when the next is due, where that is known. */
  round: (scope: ServiceScope) => Promise<{ more: boolean; nextAt?: Date | undefined }>;
}

/** Creates a hosted service of rounds. A round that throws is logged and reported, and the next one comes. */
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

/** The shortest wait for what is due at a time: somebody may hold its row, or this machine's clock may be ahead. */
const SHORTEST_WAIT_MS = 250;

/** How long to wait for what is due next, in milliseconds, and for no longer than until the next look. */
export function untilNext(nextAt: Date | undefined, pollMs: number): number {
  const due = nextAt ? nextAt.getTime() - Date.now() : pollMs;
  return Math.min(pollMs, Math.max(SHORTEST_WAIT_MS, due));
}
