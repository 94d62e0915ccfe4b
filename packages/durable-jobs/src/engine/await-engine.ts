import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { TemporalConfig } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { isEngineUnavailable } from './client.ts';
import { tlsFaultOf } from './tls-fault.ts';

const RETRY_MS = 2_000;
const DESCRIBE_MS = 10_000;

/** An unchanged reason is logged as a warning once in this time. */
const SAY_AGAIN_MS = 60_000;

/** Time between the checks of an engine that responds. */
const WATCH_MS = 15_000;

const ignore = (): undefined => undefined;

/**
 * Runs `work` when the engine describes the namespace, and again if it throws. Logs meanwhile why the engine cannot be reached. Undefined if
 * `signal` aborts before.
 */
export async function whenEngineAnswers<T>(
  config: TemporalConfig,
  { client, logger, describeMs = DESCRIBE_MS }: { client: Client; logger: Logger; describeMs?: number },
  signal: AbortSignal,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  const { namespace } = config;
  const describe = (): Promise<unknown> =>
    client
      .withDeadline(Date.now() + describeMs, () => client.workflowService.describeNamespace({ namespace }))
      .catch((error: unknown) => {
        // Any other error, such as that of a missing namespace, is left to the calls that follow.
        if (isEngineUnavailable(error)) throw error;
      });
  const hasStopped = (): boolean => signal.aborted;
  const over = new AbortController();
  const stopped = once(signal, 'abort', { signal: over.signal }).then(ignore, ignore);
  const said: { reason?: string; at: number } = { at: -Infinity };
  let isLost = false;
  try {
    while (!hasStopped()) {
      try {
        await Promise.race([describe(), stopped]);
        if (hasStopped()) break;
        if (isLost) logger.info('the engine can be reached again');
        isLost = false;
        return await work();
      } catch (error) {
        const reason = await Promise.race([tlsFaultOf(config), stopped]);
        if (hasStopped()) break;
        const isNews = reason !== said.reason || performance.now() - said.at >= SAY_AGAIN_MS;
        logger[isNews ? 'warn' : 'debug']({ err: error, reason }, 'the engine cannot be reached');
        if (isNews) Object.assign(said, { reason, at: performance.now() });
        isLost ||= isNews;
        await delay(RETRY_MS, undefined, { signal }).catch(ignore);
      }
    }
    return undefined;
  } finally {
    // It would otherwise listen for as long as the process runs.
    over.abort();
  }
}

/**
 * Logs, until `signal` aborts, why the engine cannot be reached, and when it can be again. Calls say less: they are repeated until their time
 * is up, and end without the reason, such as a certificate that has expired.
 */
export async function watchEngine(
  config: TemporalConfig,
  { watchMs = WATCH_MS, ...deps }: { client: Client; logger: Logger; describeMs?: number; watchMs?: number },
  signal: AbortSignal,
): Promise<void> {
  const rest = (): Promise<void> => delay(watchMs, undefined, { signal }).catch(ignore);
  while (!signal.aborted) await whenEngineAnswers(config, deps, signal, rest);
}
