import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../engine/failure-types.ts';
import { describeServiceSignal } from './signals.ts';
import type { Db } from '../database/connect.ts';
import type { DatabaseServer } from '../database/server.ts';
import { errorMessage } from '../process/errors.ts';
import { processIdentity } from '../process/identity.ts';
import type { Logger } from '../telemetry/logger.ts';
import { withHeartbeat } from '../engine/heartbeat.ts';
import type { RunnableService } from './define-service.ts';
import { runHosted } from './host.ts';
import type { ServiceProgress } from './hosted-service.ts';
import { ServiceNotices } from './notices.ts';
import type { Stay } from './stays.ts';
import { superviseShares } from './supervise-shares.ts';

/** Dependencies of all running services. */
export interface ServiceHostDeps {
  db: Db;
  /** URL for the sessions that services hold in addition to the pool. */
  database: DatabaseServer;
  logger: Logger;
  /** Client for notices in the Web UI. */
  temporal: Client;
  /** Aborts when this worker begins to stop: services then end immediately, rather than at the end of its grace period. */
  stopping: AbortSignal;
  /** Notes that a service begins, which is to end when this worker's version gets no more jobs. Absent without versions. */
  stay?: (() => Stay) | undefined;
}

/** Type of the activities of hosted services, for workflows. */
export type ServiceActivities = ReturnType<typeof createServiceActivities>;

/** Two runs per day: the events of an end and a start then cost next to nothing. */
const TURN_MS = 12 * 3_600_000;

/** Interval of checks for something to report. */
const NOTICE_MS = 5_000;

/** Heartbeats per heartbeat timeout: one may be lost, and one may be late. */
const HEARTBEATS_PER_TIMEOUT = 3;

/**
 * Waits between the extra heartbeats after a pause: the workflow requests the cancellation only after a worker has processed the operator's
 * signal.
 */
const ASK_AFTER_MS = [0, 500, 1_000, 2_000, 4_000, 8_000];

/** People can wait for a notice; a stopping worker cannot. */
const TELL_TIMEOUT_MS = 5_000;

/** Creates the activity that runs these hosted services. */
export function createServiceActivities(
  deps: ServiceHostDeps,
  services: readonly RunnableService[],
  { turnMs = TURN_MS }: { turnMs?: number } = {},
) {
  const byId = new Map(services.map((service) => [service.id, service]));
  return {
    /**
     * Runs a service until it is cancelled, its worker stops, the worker's version gets no more jobs, or the run reaches its time limit, and then
     * returns. For a service that runs on every worker, it only reports what the workers do. Repeats are safe: a repeat waits until the lock of
     * the earlier attempt is free, and each service's work is itself safe to repeat.
     */
    async runService({ serviceId }: { serviceId: string }): Promise<void> {
      const context = Context.current();
      const service = byId.get(serviceId);
      if (!service) {
        throw failure(`this worker does not have the service ${serviceId}`, failureTypes.serviceElsewhere);
      }
      if (deps.stopping.aborted) throw failure('this worker is stopping', failureTypes.serviceElsewhere);
      const handle = deps.temporal.workflow.getHandle(context.info.workflowExecution?.workflowId ?? '');
      const notices = new ServiceNotices(Date.now());
      const reported = (progress: ServiceProgress): void => notices.report(progress, Date.now());
      // Awaited at the end, because the client must not be closed during a call.
      let telling = Promise.resolve();
      const tell = (): void => {
        const text = notices.next(Date.now());
        if (text === undefined) return;
        telling = deps.temporal
          .withDeadline(Date.now() + TELL_TIMEOUT_MS, () =>
            handle.signal(describeServiceSignal, {
              text: `${text} See GET /api/services/${serviceId}.`,
            }),
          )
          .catch(() => notices.lost());
      };
      const turn = AbortSignal.timeout(turnMs);
      const stay = deps.stay?.();
      const signal = AbortSignal.any([
        reasoned(deps.stopping, 'the worker is stopping'),
        ...(stay ? [reasoned(stay.leaving, 'another version is the current one')] : []),
        reasoned(context.cancellationSignal, 'the service was paused or cancelled'),
        reasoned(turn, 'the maximum time of one run has passed'),
      ]);
      const timer = setInterval(tell, NOTICE_MS);
      // An attempt that an earlier release scheduled has a shorter timeout.
      const heartbeatMs = (context.info.heartbeatTimeoutMs ?? 15_000) / HEARTBEATS_PER_TIMEOUT;
      try {
        await withHeartbeat(heartbeatMs, () =>
          runHosted({
            service:
              service.onEveryWorker === true
                ? { ...service, ...superviseShares(serviceId, reported) }
                : service,
            db: deps.db,
            database: deps.database,
            worker: processIdentity,
            logger: deps.logger,
            signal,
            reported,
            changed: () => void askWhetherToEnd(context, signal),
          }),
        );
      } catch (error) {
        throw ApplicationFailure.create({
          message: `the service failed: ${errorMessage(error)}`,
          type: failureTypes.serviceEnded,
        });
      } finally {
        stay?.end();
        clearInterval(timer);
        await telling;
      }
    },
  };
}

/** Sends extra heartbeats, whose responses deliver a cancellation, until the run ends. */
async function askWhetherToEnd(context: Context, ending: AbortSignal): Promise<void> {
  for (const waitMs of ASK_AFTER_MS) {
    await delay(waitMs, undefined, { signal: ending }).catch(() => undefined);
    if (ending.aborted) return;
    context.heartbeat();
  }
}

/** Returns a failure that moves the service to another worker: the engine gives the next attempt to the first worker that polls. */
function failure(message: string, type: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type, nextRetryDelay: '1 second' });
}

/** The same signal, with a reason for people. */
function reasoned(signal: AbortSignal, reason: string): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
