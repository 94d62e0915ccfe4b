import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { errorMessage } from '../process/errors.ts';
import { processIdentity } from '../process/identity.ts';
import type { Logger } from '../telemetry/logger.ts';
import { backOffMs, failuresAfter } from './back-off.ts';
import type { RunnableService } from './define-service.ts';
import { runHosted } from './host.ts';
import { isHeldBack, noteShare, SHARE_BEAT_MS } from './rows.ts';

/** Polling interval of a paused service: a worker resumes within this time. */
const PAUSED_POLL_MS = 2_000;

/** Dependencies of a worker's shares of services. */
export interface ShareDeps {
  db: Db;
  /** URL for the sessions that services hold in addition to the pool. */
  database: DatabaseServer;
  logger: Logger;
}

/**
 * Runs this worker's shares of the services that run on every worker, until `signal` aborts. A share runs unless an operator has paused its
 * service, whichever worker reports for the service and whether or not the engine is available. A share that fails restarts after a
 * back-off. Resolves when all shares have ended; never rejects.
 */
export async function runShares(
  deps: ShareDeps,
  services: readonly RunnableService[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    services
      .filter(({ onEveryWorker }) => onEveryWorker === true)
      .map((service) => keepSharing(deps, service, signal)),
  );
}

async function keepSharing(deps: ShareDeps, service: RunnableService, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let waitMs = PAUSED_POLL_MS;
    const startedAt = performance.now();
    try {
      if (!(await isHeldBack(deps.db, service.id))) await shareUntilPaused(deps, service, signal);
      failures = 0;
    } catch (error) {
      failures = failuresAfter(failures, performance.now() - startedAt);
      waitMs = backOffMs(failures);
      const note = { err: error, serviceId: service.id, waitMs };
      deps.logger.warn(note, "this worker's share of the service failed; it restarts");
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs a share until its service is paused or its worker stops. @throws as {@link runHosted} does. */
async function shareUntilPaused(
  { db, database, logger }: ShareDeps,
  service: RunnableService,
  stopping: AbortSignal,
): Promise<void> {
  const { id: serviceId } = service;
  const ending = new AbortController();
  const stop = (): void => ending.abort('its worker is stopping');
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();
  const look = async (question: () => Promise<boolean>): Promise<void> => {
    try {
      if (await question()) ending.abort('it was paused');
    } catch (error) {
      logger.debug({ serviceId, error: errorMessage(error) }, 'the pause of the service could not be read');
    }
  };
  // Also finds a pause whose notification was lost.
  const beat = (): Promise<void> => look(() => noteShare(db, { serviceId, worker: processIdentity }));
  try {
    await runHosted({
      service: { ...service, run: (scope) => whileBeating(beat, () => service.run(scope)) },
      db,
      database,
      worker: processIdentity,
      isShare: true,
      logger,
      signal: ending.signal,
      changed: () => void look(() => isHeldBack(db, serviceId)),
    });
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}

/** Calls `beat` at an interval while `work` runs. No call outlasts it: one after the share's end would record it again. */
async function whileBeating(beat: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const keepBeating = async (): Promise<void> => {
    for (;;) {
      await delay(SHARE_BEAT_MS, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      await beat();
    }
  };
  const beating = keepBeating();
  try {
    await work();
  } finally {
    over.abort();
    await beating;
  }
}
