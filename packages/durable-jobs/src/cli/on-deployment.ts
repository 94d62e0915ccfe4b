import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { callForCommand } from '../engine/command-call.ts';
import {
  readDeployment,
  readVersionStates,
  type Deployment,
  type VersionState,
} from '../engine/deployments.ts';
import type { MovedRuns } from '../engine/move-runs.ts';
import { unservedQueues } from '../engine/unserved-queues.ts';
import { print, printError, RefusedError } from '../process/command.ts';
import { errorMessage } from '../process/errors.ts';

/** The deployment that a command acts on. */
export interface OnDeployment {
  client: Client;
  name: string;
  /** The application's task queues. */
  queues: readonly string[];
  /** Whether to act although work would wait. */
  force: boolean;
}

/** A version exists as soon as its workers have polled, which a pipeline that has just started them need not wait for. */
const APPEARS_MS = 15_000;

/** gRPC's status of a request that the state of the engine does not permit. */
export const FAILED_PRECONDITION = 9;

/** Calls the engine, and explains its refusal. */
export async function route(
  client: Client,
  buildId: string | undefined,
  call: () => Promise<void>,
): Promise<void> {
  try {
    await callForCommand(client, call);
  } catch (error) {
    if (codeOf(error) !== FAILED_PRECONDITION) throw error;
    throw new RefusedError(
      `The engine refused: ${detailsOf(error)}. Start ${workersOf(buildId)} for every task queue of the current version, then try again, or add --force.`,
    );
  }
}

/**
 * Waits until workers of a version, or without one, poll every task queue that workers poll now.
 * @throws {RefusedError} that names the task queues whose work would wait.
 */
export async function requireWorkers(
  { client, name, queues, force }: OnDeployment,
  buildId: string | undefined,
): Promise<void> {
  const version = buildId === undefined ? undefined : { deploymentName: name, buildId };
  const deadline = Date.now() + (force ? 0 : APPEARS_MS);
  for (;;) {
    const unserved = await callForCommand(client, () => unservedQueues(client, { version, queues }));
    if (unserved.length === 0) return;
    const fact = `None of the ${workersOf(buildId)} polls ${unserved.join(', ')}`;
    if (force) {
      print(`${fact}: work there waits.`);
      return;
    }
    if (Date.now() >= deadline)
      throw new RefusedError(
        `${fact}: work there would wait. Start them for every task queue, then try again, or add --force.`,
      );
    await delay(500);
  }
}

const workersOf = (buildId: string | undefined): string =>
  buildId === undefined ? 'workers without a version' : `workers of ${buildId}`;

/** Names the jobs that could not be moved. */
export function reportFailures(failed: MovedRuns['failed']): void {
  for (const { workflowId, runId, reason } of failed) printError(`${workflowId} (run ${runId}): ${reason}`);
  if (failed.length > 0) {
    printError(`Jobs that could not be moved: ${failed.length}. Run the command again.`);
    process.exitCode = 1;
  }
}

/** Returns a deployment with its versions. @throws {RefusedError} if it does not exist. */
export async function requireDeployment(client: Client, name: string): Promise<Deployment> {
  const deployment = await readDeployment(client, name, (call) => callForCommand(client, call));
  if (!deployment) throw unknownDeployment(name);
  return deployment;
}

/** Waits for a version to appear, and returns the states of all versions. */
export async function requireVersion(
  client: Client,
  name: string,
  buildId: string,
  patienceMs = APPEARS_MS,
): Promise<Map<string, VersionState>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const states = await callForCommand(client, () => readVersionStates(client, name));
    if (states?.has(buildId)) return states;
    if (Date.now() >= deadline)
      throw states ? unknownVersion(name, buildId, states) : unknownDeployment(name);
    await delay(500);
  }
}

function unknownDeployment(name: string): RefusedError {
  return new RefusedError(
    `There is no deployment ${name}: no worker with WORKER_DEPLOYMENT=${name} and WORKER_BUILD_ID has polled.`,
  );
}

function unknownVersion(name: string, buildId: string, states: Map<string, VersionState>): RefusedError {
  return new RefusedError(
    `${name} has no version ${buildId}: no worker with WORKER_BUILD_ID=${buildId} has polled. It has ${[...states.keys()].join(', ')}.`,
  );
}

/** Returns the version that is in a state. */
export function buildIdIn(states: Map<string, VersionState>, wanted: VersionState): string | undefined {
  return [...states].find(([, state]) => state === wanted)?.[0];
}

/** gRPC's status of an error of the engine. */
export const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** What the engine said, without the client's words. */
export function detailsOf(error: unknown): string {
  const { details } = error as { details?: unknown };
  return (typeof details === 'string' ? details : errorMessage(error)).replace(/\.$/, '');
}
