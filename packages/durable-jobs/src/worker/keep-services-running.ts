import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from '../telemetry/logger.ts';
import { ensureRunning } from '../jobs/outbox/start-job.ts';
import { hostService } from '../hosted-services/host-service.ts';

/** Often enough for a service whose workflow an operator has ended. Starting one that is running costs no event. */
const EVERY_MS = 60_000;

/** The engine may become available after the worker, so it is tried sooner then. */
const RETRY_MS = 5_000;

const CALL_TIMEOUT_MS = 10_000;

/** Keeps the workflow of each service running until `signal` aborts. Never rejects. */
export async function keepServicesRunning(
  { client, logger }: { client: Client; logger: Logger },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let wait = EVERY_MS;
    for (const serviceId of ids) {
      try {
        await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
          ensureRunning(client, hostService, { serviceId }),
        );
      } catch (error) {
        logger.warn({ err: error, serviceId }, 'it could not be determined whether the service is running');
        wait = RETRY_MS;
        break;
      }
    }
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}
