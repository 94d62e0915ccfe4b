import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ServiceSession } from './session.ts';
import { ServiceState } from './state.ts';
import type { RunnableService } from './define-service.ts';
import type { ServiceProgress } from './hosted-service.ts';
import { createScope } from './service-scope.ts';

/** Between two tries to take the lock from a run that has not ended yet. */
const LOCK_RETRY_MS = 1_000;

/** For how long a run that is to end is waited for. It is less than a stopping worker waits for its activities. */
const ENDING_MS = 15_000;

/** What one run of a service is made of. */
export interface HostOptions {
  service: RunnableService;
  db: Db;
  /** For the session that holds the lock, which is not one of the pool's. */
  databaseUrl: string;
  /** Who runs it, as people know the process. */
  worker: string;
  logger: Logger;
  /** Aborts when the run is to end, with why as its reason. */
  signal: AbortSignal;
  /** Is told what the service reports. */
  reported?: (progress: ServiceProgress) => void;
}

/**
 * Runs a service until `signal` aborts, once no other run of it has the lock. Returns when the service has ended.
 * @throws if the lock is lost, the database away, the service failed, or does not end when it is told to.
 */
export async function runHosted(options: HostOptions): Promise<void> {
  const { service, db, worker, signal } = options;
  const { id: serviceId, channel } = service;
  const logger = options.logger.child({ serviceId, worker });
  let wake = (): void => undefined;
  const session = await ServiceSession.open(options.databaseUrl, {
    serviceId,
    channel,
    notified: () => wake(),
  });
  try {
    const ending = AbortSignal.any([signal, session.lost]);
    if (!(await lock(session, ending, logger))) {
      throwIfLost(session);
      return;
    }
    const state = new ServiceState(db, serviceId, logger);
    await state.begin(worker);
    logger.info('the service starts');
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
      throwIfLost(session);
      if (!signal.aborted) throw new Error('the service ended although nobody had asked it to');
      logger.info({ reason: String(signal.reason) }, 'the service stops');
    } catch (error) {
      logger.error({ err: error }, 'the service stops because it failed');
      owned.scope.report({ error });
      throw error;
    } finally {
      await state.end();
    }
  } finally {
    await session.close();
  }
}

/** Waits for the lock; false if the run is to end before it has it. */
async function lock(session: ServiceSession, ending: AbortSignal, logger: Logger): Promise<boolean> {
  for (let tries = 0; !ending.aborted; tries++) {
    if (await session.tryLock()) return true;
    if (tries === 0) logger.info('another run of the service has not ended yet: waiting for it');
    await delay(LOCK_RETRY_MS, undefined, { signal: ending }).catch(() => undefined);
  }
  return false;
}

/** Waits for a run. One that goes on although it is to end is given up: its worker must be able to stop. */
async function untilEnded(run: Promise<void>, ending: AbortSignal): Promise<void> {
  const done = new AbortController();
  const overdue = async (): Promise<never> => {
    await new Promise<void>((resolve) => {
      if (ending.aborted) resolve();
      else ending.addEventListener('abort', () => resolve(), { once: true, signal: done.signal });
    });
    await delay(ENDING_MS, undefined, { signal: done.signal });
    throw new Error(`the service did not end within ${ENDING_MS / 1_000} s of being told to`);
  };
  const overdueRun = overdue();
  overdueRun.catch(() => undefined);
  try {
    await Promise.race([run, overdueRun]);
  } finally {
    done.abort();
    // One that was given up may still fail one day.
    run.catch(() => undefined);
  }
}

function throwIfLost({ lost }: ServiceSession): void {
  if (lost.aborted) throw new Error('the right to run the service was lost', { cause: lost.reason });
}
