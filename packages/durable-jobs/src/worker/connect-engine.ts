import type { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalConfig } from '../config/config.ts';
import { whenEngineAnswers } from '../engine/await-engine.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * Connects when the engine describes the namespace, because a worker is not created if that takes too long. Undefined if `signal` aborts
 * before.
 */
export function connectEngine(
  config: TemporalConfig,
  deps: { client: Client; logger: Logger; describeMs?: number },
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  return whenEngineAnswers(config, deps, signal, () => NativeConnection.connect(config.connection));
}
