import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../engine/failure-types.ts';
import { describeServiceSignal } from './signals.ts';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import { processIdentity } from '../process/identity.ts';
import type { Logger } from '../telemetry/logger.ts';
import { withHeartbeat } from '../engine/heartbeat.ts';
import { HEARTBEAT_MS } from '../engine/walk.ts';
import type { RunnableService } from './define-service.ts';
import { runHosted } from './host.ts';
import { ServiceNotices } from './notices.ts';

/** What running services needs, whatever they do. */
export interface ServiceHostDeps {
  db: Db;
  /** For the sessions that services have beside the pool. */
  databaseUrl: string;
  logger: Logger;
  /** For what the Web UI is told. */
  temporal: Client;
  /** Aborts when this worker begins to stop: services end at once then, rather than at the end of its grace time. */
  stopping: AbortSignal;
}

/** The activities of hosted services, as workflows call them. */
export type ServiceActivities = ReturnType<typeof createServiceActivities>;

/** A turn is two a day: what its end and the next start cost in events is next to nothing. */
const TURN_MS = 12 * 3_600_000;

/** People can wait for a notice, a worker that stops cannot. */
const TELL_TIMEOUT_MS = 5_000;

/** The activity that runs these hosted services. */
export function createServiceActivities(
  deps: ServiceHostDeps,
  services: readonly RunnableService[],
  { turnMs = TURN_MS }: { turnMs?: number } = {},
) {
  const byId = new Map(services.map((service) => [service.id, service]));
  return {
    /**
     * Runs a service until it is cancelled, its worker stops or its turn is over, and then returns. A repeat is safe: it
     * waits until the lock of the earlier attempt is free, and each service's work is safe to repeat by itself.
     */
    async runService({ serviceId }: { serviceId: string }): Promise<void> {
      const context = Context.current();
      const service = byId.get(serviceId);
      if (!service) {
        throw failure(`this worker knows no service ${serviceId}`, failureTypes.serviceElsewhere);
      }
      if (deps.stopping.aborted) throw failure('this worker is stopping', failureTypes.serviceElsewhere);
      const handle = deps.temporal.workflow.getHandle(context.info.workflowExecution?.workflowId ?? '');
      const notices = new ServiceNotices(Date.now());
      // Awaited at the end: the client must not be closed under a call.
      let telling = Promise.resolve();
      const tell = (): void => {
        const text = notices.next(Date.now());
        if (text === undefined) return;
        telling = deps.temporal
          .withDeadline(Date.now() + TELL_TIMEOUT_MS, () =>
            handle.signal(describeServiceSignal, {
              text: `${text} GET /api/services/${serviceId} tells more.`,
            }),
          )
          .catch(() => notices.lost());
      };
      const turn = AbortSignal.timeout(turnMs);
      const signal = AbortSignal.any([
        reasoned(deps.stopping, 'its worker is stopping'),
        reasoned(context.cancellationSignal, 'it was paused or cancelled'),
        reasoned(turn, 'its turn is over'),
      ]);
      const timer = setInterval(tell, HEARTBEAT_MS);
      try {
        await withHeartbeat(HEARTBEAT_MS, () =>
          runHosted({
            service,
            db: deps.db,
            databaseUrl: deps.databaseUrl,
            worker: processIdentity,
            logger: deps.logger,
            signal,
            reported: (progress) => notices.report(progress, Date.now()),
          }),
        );
      } catch (error) {
        throw ApplicationFailure.create({
          message: `the service failed: ${errorMessage(error)}`,
          type: failureTypes.serviceEnded,
        });
      } finally {
        clearInterval(timer);
        await telling;
      }
    },
  };
}

/** A failure that sends the service to another worker: the engine hands the next attempt to whoever asks first. */
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
