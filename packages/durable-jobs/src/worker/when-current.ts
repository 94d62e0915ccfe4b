import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { callEngine } from '../engine/engine-call.ts';
import { readVersionStates } from '../engine/deployments.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A release waits this long for its schedules and services, after its promotion. */
const CHECK_MS = 10_000;

/**
 * Waits until a worker's version is the current one, because a version that is not must not change what others run; at once for a worker without
 * a version. Returns false if `signal` aborts before.
 */
export async function whenCurrent(
  { client, logger }: { client: Client; logger: Logger },
  version: WorkerDeploymentVersion | undefined,
  signal: AbortSignal,
  { checkMs = CHECK_MS } = {},
): Promise<boolean> {
  if (!version) return true;
  while (!signal.aborted) {
    try {
      const states = await callEngine(client, () => readVersionStates(client, version.deploymentName));
      if (states?.get(version.buildId) === 'current') return true;
    } catch (error) {
      logger.warn({ err: error }, 'it could not be determined whether the version is the current one');
    }
    await delay(checkMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
