import { setTimeout as delay } from 'node:timers/promises';
import {
  ActivityCompletionError,
  ActivityNotFoundError,
  ApplicationFailure,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import type { Db } from '../database/connect.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { failureTypes } from '../engine/failure-types.ts';
import { activityStateOf, type PendingActivity } from '../jobs/run-state/pending-activity.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { serviceJobId } from './host-service.ts';
import { readHostedServices, type HostedServiceRow } from './rows.ts';
import { renewServiceSignal } from './signals.ts';

/** Interval of checks. A lock must be free at two of them; with the next attempt, a killed worker's service moves within 6 s. */
const CHECK_MS = 1_500;

/** Time for which a lock must have been free: a run that takes over needs a moment to take it. */
const FREE_MS = 1_000;

/** Time that a run has from its start until it holds the lock. */
const STARTING_MS = 2_000;

/** The same times for a run that never recorded its start: it may still be connecting. */
const SILENT_MS = 15_000;

/**
 * Time after which an attempt counts as lost that waits for a worker, although workers poll for it; after each renewal that did not help, it is four
 * times as long, up to the second.
 */
const [LOST_MS, MOST_LOST_MS] = [60_000, 3_600_000];

/** Time limit of the calls about one run: short, because they must not affect the attempt that follows it. */
const CALL_MS = 2_000;

/** Wait before the next attempt. */
const RETRY_MS = 1_000;

/** Dependencies of the search for dead runs. */
export interface DeadRunDeps {
  db: Db;
  client: Client;
  logger: Logger;
}

/** A service whose lock is free. Times are of the monotonic clock. */
interface Free {
  /** When its lock was first seen free. */
  since: number;
  /** When the engine was last asked about the service. */
  askedAt: number;
  /** The attempt that waits for a worker, since when it was seen to do so, and how long that is tolerated. */
  queued?: { attempt: string; since: number; patienceMs: number } | undefined;
}

/**
 * Ends the attempts of hosted services whose process has died, until `signal` aborts. The engine considers such an attempt to be running until
 * its heartbeat times out; the database frees the lock immediately if the process is killed, and after some seconds of silence if it is
 * frozen. Ending an attempt twice is harmless. A live process whose attempt was ended learns it from its next heartbeat.
 *
 * An attempt that no worker receives is renewed: an engine whose database was overloaded has lost the task of one, and would have kept it
 * waiting indefinitely. Never rejects.
 */
export async function releaseDeadRuns(
  deps: DeadRunDeps,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const look = lookForDeadRuns(deps, ids);
  while (!signal.aborted) {
    try {
      await look();
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isEngineUnavailable(error))
        deps.logger.warn({ err: error }, 'the locks of services could not be checked; they will be again');
    }
    await delay(CHECK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Returns what looks at the services once, and remembers what it has seen. */
export function lookForDeadRuns(deps: DeadRunDeps, ids: readonly string[]): () => Promise<void> {
  const free = new Map<string, Free>();
  return async () => {
    const rows = await readHostedServices(deps.db, ids);
    for (const [id, row] of rows) await check(deps, id, row, free);
  };
}

async function check(
  deps: DeadRunDeps,
  id: string,
  row: HostedServiceRow,
  free: Map<string, Free>,
): Promise<void> {
  if (row.running) {
    free.delete(id);
    return;
  }
  const now = performance.now();
  const seen = free.get(id) ?? { since: now, askedAt: -Infinity };
  free.set(id, seen);
  // Its last run did not record its end.
  const vanished = row.startedAt !== null && row.endedAt === null;
  if (!vanished && row.pausedAt !== null) return;
  const patience = vanished ? FREE_MS : SILENT_MS;
  if (now - seen.since < patience || now - seen.askedAt < patience) return;
  seen.askedAt = now;
  await deps.client.withDeadline(Date.now() + CALL_MS, () =>
    endAttempt(deps, { id, seen }, (activity) => {
      const aliveMs = Date.now() - startOf(activity);
      return vanished && activity.lastWorkerIdentity === row.worker
        ? aliveMs > STARTING_MS
        : aliveMs > SILENT_MS && now - seen.since > SILENT_MS;
    }),
  );
}

/** Ends the attempt of a service that the engine considers to be running, if `isDead` returns true for it. */
async function endAttempt(
  deps: DeadRunDeps,
  { id: serviceId, seen }: { id: string; seen: Free },
  isDead: (activity: PendingActivity) => boolean,
): Promise<void> {
  const { client, logger } = deps;
  const workflowId = serviceJobId(serviceId);
  try {
    const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
    const activity = raw.pendingActivities?.[0];
    const state = activity && activityStateOf(activity);
    if (activity && state === 'queued') {
      await renewLost(deps, { serviceId, workflowId, runId, number: activity.attempt ?? 1 }, seen);
      return;
    }
    seen.queued = undefined;
    if (!activity?.activityId || !isDead(activity)) return;
    const attempt = { workflowId, runId, activityId: activity.activityId };
    if (state === 'cancelling') await client.activity.reportCancellation(attempt);
    else if (state === 'running') await client.activity.fail(attempt, died());
    else return;
    const worker = activity.lastWorkerIdentity;
    logger.warn({ serviceId, worker }, 'the worker of the service has died: another worker takes over');
  } catch (error) {
    // Another worker was faster, or the service has no workflow.
    if (error instanceof ActivityNotFoundError || error instanceof WorkflowNotFoundError) return;
    // The client's error for every other response, and for none.
    if (!(error instanceof ActivityCompletionError) && !isEngineUnavailable(error)) throw error;
    logger.debug(
      { serviceId, error: errorMessage(error) },
      'the attempt of a dead worker could not be ended yet',
    );
  }
}

/** Has a service run in a new run of its workflow if its attempt has waited for a worker for too long. */
async function renewLost(
  { client, logger }: DeadRunDeps,
  {
    serviceId,
    workflowId,
    runId,
    number,
  }: Record<'serviceId' | 'workflowId' | 'runId', string> & { number: number },
  seen: Free,
): Promise<void> {
  const now = performance.now();
  const attempt = `${runId} ${number}`;
  if (seen.queued?.attempt !== attempt) seen.queued = { attempt, since: now, patienceMs: LOST_MS };
  if (now - seen.queued.since < seen.queued.patienceMs) return;
  seen.queued = { attempt, since: now, patienceMs: Math.min(seen.queued.patienceMs * 4, MOST_LOST_MS) };
  await client.workflow.getHandle(workflowId, runId).signal(renewServiceSignal);
  logger.warn({ serviceId, attempt: number }, 'no worker received an attempt of the service: it is renewed');
}

const died = (): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'its worker has died: the database has ended its session',
    type: failureTypes.serviceElsewhere,
    nextRetryDelay: RETRY_MS,
  });

/** Returns when the attempt started, by the engine's clock, in milliseconds since the epoch. */
function startOf({ lastStartedTime }: PendingActivity): number {
  return Number(lastStartedTime?.seconds ?? 0) * 1_000 + (lastStartedTime?.nanos ?? 0) / 1e6;
}
