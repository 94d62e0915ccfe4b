import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalConfig } from '../config/config.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { tlsFaultOf } from '../engine/tls-fault.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The engine may become available after the worker. */
const CONNECT_RETRY_MS = 2_000;
const DESCRIBE_MS = 10_000;

/**
 * Connects when the engine describes the namespace, because a worker is not created if that takes too long. Undefined if `signal` aborts
 * before.
 */
export async function connectEngine(
  config: TemporalConfig,
  { client, logger, describeMs = DESCRIBE_MS }: { client: Client; logger: Logger; describeMs?: number },
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  const { connection, namespace } = config;
  while (!signal.aborted) {
    try {
      await client
        .withDeadline(Date.now() + describeMs, () => client.workflowService.describeNamespace({ namespace }))
        .catch((error: unknown) => {
          // Any other error, such as that of a missing namespace, is reported when the worker is created.
          if (isEngineUnavailable(error)) throw error;
        });
      return await NativeConnection.connect(connection);
    } catch (error) {
      logger.warn({ err: error, reason: await tlsFaultOf(config) }, 'the engine cannot be reached yet');
      await delay(CONNECT_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
