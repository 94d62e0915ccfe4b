import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ServiceSession } from './session.ts';
import { ServiceState } from './state.ts';
import { shareRows, soleRunRows } from './state-rows.ts';
import type { RunnableService } from './define-service.ts';
import type { ServiceProgress } from './hosted-service.ts';
import { createScope } from './service-scope.ts';

/** Retry interval for the lock while a previous run has not ended. */
const LOCK_RETRY_MS = 1_000;

/** Time that a run has to end. It is shorter than the time that a stopping worker waits for its activities. */
const ENDING_MS = 15_000;

/** Options of one run of a service. */
export interface HostOptions {
  service: RunnableService;
  db: Db;
  /** URL for the session that holds the lock, which does not belong to the pool. */
  database: DatabaseServer;
  /** Name of the worker that runs it. */
  worker: string;
  /** Whether other workers may run the service at the same time. */
  isShare?: boolean;
  logger: Logger;
  /** Aborts when the run must end, with the reason. */
  signal: AbortSignal;
  /** Called with the service's reports. */
  reported?: (progress: ServiceProgress) => void;
  /** Is told that an operator paused, resumed or renewed the service. */
  changed?: () => void;
}

/**
 * Runs a service until `signal` aborts, once no other run of it has the lock; a share of a service that runs on every worker needs no lock.
 * Returns when the service has ended.
 * @throws if the session or the lock is lost, the database is unavailable, the service fails, or it does not end when requested.
 */
export async function runHosted(options: HostOptions): Promise<void> {
  const { service, db, worker, isShare = false, signal } = options;
  const { id: serviceId, channel } = service;
  const logger = options.logger.child({ serviceId, worker });
  let wake = (): void => undefined;
  const session = await ServiceSession.open(options.database, {
    serviceId,
    channel,
    notified: () => wake(),
    changed: () => options.changed?.(),
  });
  try {
    const ending = AbortSignal.any([signal, session.lost]);
    if (!isShare && !(await lock(session, ending, logger))) {
      throwIfLost(session, isShare);
      return;
    }
    const state = new ServiceState(isShare ? shareRows(db, serviceId) : soleRunRows(db, serviceId), logger);
    await state.begin(worker);
    logger.info('the service started');
    const owned = createScope({
      db,
      logger,
      signal: ending,
      report: (progress) => {
        state.report(progress);
        options.reported?.(progress);
      },
    });
    wake = owned.wake;
    try {
      await untilEnded(service.run(owned.scope), ending);
      throwIfLost(session, isShare);
      if (!signal.aborted) throw new Error('the service ended without being stopped');
      logger.info({ reason: String(signal.reason) }, 'the service stopped');
    } catch (error) {
      logger.error({ err: error }, 'the service failed');
      owned.scope.report({ error });
      throw error;
    } finally {
      await state.end();
    }
  } finally {
    await session.close();
  }
}

/** Waits for the lock; false if the run must end first. */
async function lock(session: ServiceSession, ending: AbortSignal, logger: Logger): Promise<boolean> {
  for (let tries = 0; !ending.aborted; tries++) {
    if (await session.tryLock()) return true;
    if (tries === 0) logger.info('another run of the service has not ended yet; waiting for it');
    await delay(LOCK_RETRY_MS, undefined, { signal: ending }).catch(() => undefined);
  }
  return false;
}

/** Waits for a run. A run that does not end is abandoned, so that its worker can stop. */
async function untilEnded(run: Promise<void>, ending: AbortSignal): Promise<void> {
  const done = new AbortController();
  const overdue = async (): Promise<never> => {
    await new Promise<void>((resolve) => {
      if (ending.aborted) resolve();
      else ending.addEventListener('abort', () => resolve(), { once: true, signal: done.signal });
    });
    await delay(ENDING_MS, undefined, { signal: done.signal });
    throw new Error(`the service did not end within ${ENDING_MS / 1_000} s after it was told to stop`);
  };
  const overdueRun = overdue();
  overdueRun.catch(() => undefined);
  try {
    await Promise.race([run, overdueRun]);
  } finally {
    done.abort();
    // An abandoned run may still fail later.
    run.catch(() => undefined);
  }
}

function throwIfLost({ lost }: ServiceSession, isShare: boolean): void {
  if (!lost.aborted) return;
  const what = isShare ? 'database session of the service' : 'lock that lets this worker run the service';
  throw new Error(`the ${what} was lost`, { cause: lost.reason });
}
