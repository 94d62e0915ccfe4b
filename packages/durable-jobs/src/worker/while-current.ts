import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { callEngine } from '../engine/engine-call.ts';
import { readVersionStates, type VersionState } from '../engine/deployments.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A release waits this long for its schedules, services and work items, after its promotion. */
const CHECK_MS = 10_000;

/** What runs while a version is current. */
export interface CurrentWork {
  /** Undefined for a worker without a version. */
  version: WorkerDeploymentVersion | undefined;
  /** Ends when the signal aborts, or before. */
  work: (signal: AbortSignal) => Promise<unknown>;
  /** Receives the state of the version each time that it was read. */
  noted?: ((state: VersionState | undefined) => void) | undefined;
  checkMs?: number;
}

/**
 * Runs `work` each time that a worker's version becomes the current one, and aborts its signal when another version does, because a version that
 * is not current must not change what others run. For a worker without a version, it runs at once. Resolves when `signal` aborts.
 * @throws the failure of `work`.
 */
export async function whileCurrent(
  deps: { client: Client; logger: Logger },
  { version, work, noted, checkMs = CHECK_MS }: CurrentWork,
  signal: AbortSignal,
): Promise<void> {
  if (!version) {
    await work(signal);
    return;
  }
  const until = (wanted: boolean, ended: AbortSignal): Promise<boolean> =>
    untilCurrent(deps, version, { wanted, noted, checkMs, signal: ended });
  while (await until(true, signal)) {
    deps.logger.info({ version: version.buildId }, 'the version is current: its schedules and services run');
    const over = new AbortController();
    const period = AbortSignal.any([signal, over.signal]);
    setMaxListeners(0, period);
    const end = async (): Promise<void> => {
      if (await until(false, period))
        deps.logger.info({ version: version.buildId }, 'the version is no longer current');
      over.abort();
    };
    const ending = end();
    try {
      await Promise.all([work(period), ending]);
    } finally {
      over.abort();
      await ending;
    }
  }
}

/** Waits until a version is current, or is not. Returns false if `signal` aborts before. While the engine does not respond, nothing has changed. */
async function untilCurrent(
  { client, logger }: { client: Client; logger: Logger },
  version: WorkerDeploymentVersion,
  {
    wanted,
    noted,
    checkMs,
    signal,
  }: { wanted: boolean; noted: CurrentWork['noted']; checkMs: number; signal: AbortSignal },
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const states = await callEngine(client, () => readVersionStates(client, version.deploymentName));
      const state = states?.get(version.buildId);
      noted?.(state);
      if ((state === 'current') === wanted) return true;
    } catch (error) {
      logger.warn({ err: error }, 'it could not be determined whether the version is the current one');
    }
    await delay(checkMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
