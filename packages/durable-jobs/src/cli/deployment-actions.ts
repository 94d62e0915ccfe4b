import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import {
  openRunsOn,
  readDeployment,
  readVersionStates,
  type Deployment,
  type DeployedVersion,
  type VersionState,
} from '../engine/deployments.ts';
import { callForCommand } from '../engine/engine-call.ts';
import { findRuns, pinRuns, type MovedRuns, type RunId } from '../engine/move-runs.ts';
import { deleteVersion, setCurrentVersion, setRampingVersion } from '../engine/route-versions.ts';
import { unservedQueues } from '../engine/unserved-queues.ts';
import { hostService } from '../hosted-services/host-service.ts';
import { print, printError, RefusedError } from '../process/command.ts';
import { errorMessage } from '../process/errors.ts';
import { printTable } from './print-table.ts';

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

/** The index of runs is up to a second late, and a step that is under way ends within seconds. */
const INDEX_LAG_MS = 2_000;

/** gRPC's status of a request that the state of the engine does not permit. */
const FAILED_PRECONDITION = 9;

/** Prints each version of a deployment with its state and its open jobs, and what to do next. */
export async function listVersions({ client, name }: OnDeployment): Promise<void> {
  const deployment = await requireDeployment(client, name);
  print(`Versions of ${name}:\n`);
  printTable([
    ['VERSION', 'STATE', 'PINNED', 'MOVING', 'CREATED'],
    ...deployment.versions.map((version) => [
      version.buildId,
      version.rampPercent === undefined ? version.state : `${version.state} (${version.rampPercent} %)`,
      String(version.pinnedJobs),
      String(version.movingJobs),
      version.createdAt?.toISOString() ?? '',
    ]),
  ]);
  print('\nPINNED: open jobs that stay on the version. MOVING: open jobs that move to the current version.');
  for (const line of deployment.versions.flatMap((version) => nextStep(version))) print(line);
  if (!deployment.versions.some(({ state }) => state === 'current'))
    print(
      'No version is current: jobs run on workers without a version. Next: `deployment promote <build-id>`.',
    );
}

function nextStep({ buildId, state, pinnedJobs }: DeployedVersion): string[] {
  if (state === 'current' || state === 'ramping') return [];
  // Jobs may have been moved to any version.
  if (pinnedJobs > 0) return [`Keep the workers of ${buildId} running until no job is pinned to it.`];
  if (state === 'draining') return [`Keep the workers of ${buildId} running until it is drained.`];
  if (state === 'inactive')
    return [`Next: \`deployment promote ${buildId}\`, or \`deployment ramp ${buildId} <percent>\`.`];
  return [`Next: stop the workers of ${buildId}, then \`deployment retire ${buildId}\`.`];
}

/**
 * Makes a version the current one.
 * @throws {RefusedError} if it does not exist, or its workers do not poll what the current version's poll.
 */
export async function promote(on: OnDeployment, buildId: string): Promise<void> {
  const { client, name, force } = on;
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current') {
    print(`${buildId} is already the current version of ${name}.`);
    return;
  }
  await requireWorkers(on, buildId);
  await route(client, buildId, () => setCurrentVersion(client, { deploymentName: name, buildId }, { force }));
  const former = buildIdIn(before, 'current');
  print(
    `${buildId} is the current version of ${name}${former === undefined ? '' : `, instead of ${former}`}.`,
  );
  print(
    'New jobs start on it, and jobs that are not pinned move to it with their next step.' +
      (former === undefined
        ? ' Workers without a version get no more tasks of the task queues that it serves.'
        : ''),
  );
  if (former === undefined)
    print(
      'Next: stop the workers without a version of these task queues when their running activities have ended.',
    );
  else
    print(
      `Next: keep the workers of ${former} running until \`deployment list\` shows it as drained. ` +
        `To go back: \`deployment rollback ${former}\`.`,
    );
}

/**
 * Starts a percentage of the new jobs on a version; 0 ends the ramp.
 * @throws {RefusedError} as {@link promote}.
 */
export async function ramp(on: OnDeployment, buildId: string, percent: number): Promise<void> {
  const { client, name, force } = on;
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current')
    throw new RefusedError(`${buildId} is the current version: all new jobs start on it.`);
  if (percent === 0) {
    if (before.get(buildId) !== 'ramping') throw new RefusedError(`${buildId} is not ramping.`);
    await route(client, buildId, () => setRampingVersion(client, { deploymentName: name }, 0));
    print(`The ramp to ${buildId} has ended: all new jobs start on the current version of ${name}.`);
    print(
      'Jobs that are not pinned move back with their next step, and wait if they do not replay there: instead of this command, ' +
        '`deployment rollback` keeps them on the version that has advanced them.',
    );
    return;
  }
  await requireWorkers(on, buildId);
  await route(client, buildId, () =>
    setRampingVersion(client, { deploymentName: name, buildId }, percent, { force }),
  );
  print(`${percent} % of the new jobs, and of the jobs that are not pinned, go to ${buildId} of ${name}.`);
  print(
    `Next: \`deployment promote ${buildId}\`; to go back, \`deployment rollback ${buildIdIn(before, 'current') ?? '<build-id>'}\`.`,
  );
}

/**
 * Goes back to a version, or to workers without one. Jobs that are not pinned and that a later version has advanced would not replay if the
 * change was not compatible: they finish on that version, except for hosted services, which never end. With `follow`, they move back.
 * @throws {RefusedError} as {@link promote}.
 */
export async function rollBack(
  on: OnDeployment,
  buildId: string | undefined,
  { follow }: { follow: boolean },
): Promise<void> {
  const { client, name, force } = on;
  const before =
    buildId === undefined
      ? ((await callForCommand(client, () => readVersionStates(client, name))) ??
        new Map<string, VersionState>())
      : await requireVersion(client, name, buildId);
  const left = [...before].flatMap(([id, state]) =>
    id !== buildId && (state === 'current' || state === 'ramping') ? [id] : [],
  );
  if (left.length === 0) {
    print(`No other version of ${name} is current or ramping: there is nothing to go back from.`);
    return;
  }
  // Before anything is changed.
  await requireWorkers(on, buildId);
  const kept = new Set<string>();
  const keep = async (): Promise<number> => {
    const newly: RunId[] = [];
    if (!follow)
      for (const id of left)
        newly.push(...(await keepAdvanced(client, { deploymentName: name, buildId: id })));
    for (const { runId } of newly) kept.add(runId);
    return newly.length;
  };
  await keep();
  const leftNames = left.join(' and ');
  try {
    const isCurrent =
      buildId === undefined ? buildIdIn(before, 'current') === undefined : before.get(buildId) === 'current';
    if (!isCurrent)
      await route(client, buildId, () =>
        setCurrentVersion(client, { deploymentName: name, buildId: buildId ?? '' }, { force }),
      );
    // A ramping version is not ended by another one becoming current.
    if (
      [...((await callForCommand(client, () => readVersionStates(client, name))) ?? [])].some(
        ([, state]) => state === 'ramping',
      )
    )
      await route(client, buildId, () => setRampingVersion(client, { deploymentName: name }, 0));
  } catch (error) {
    if (kept.size > 0)
      printError(
        `Jobs that are pinned to ${leftNames} nevertheless: ${kept.size}. \`deployment move --from ${left[0] ?? ''} --unpin\` releases them.`,
      );
    throw error;
  }
  // Jobs that the other version advanced meanwhile.
  do if (!follow) await delay(INDEX_LAG_MS);
  while ((await keep()) > 0);
  print(
    buildId === undefined
      ? `No version of ${name} is current any more: new jobs start on workers without a version.`
      : `${buildId} is the current version of ${name} again, instead of ${leftNames}. New jobs start on it.`,
  );
  if (!follow)
    print(
      `Jobs that ${leftNames} had advanced and that are now pinned there: ${kept.size}. They finish on ${leftNames}, as those that were pinned before do.`,
    );
  print(
    `Next: keep the workers of ${leftNames} running until \`deployment list\` shows it as drained.` +
      (buildId === undefined
        ? ''
        : ` If its jobs must not finish there: \`deployment move --from ${left[0] ?? ''} --to ${buildId}\`.`),
  );
}

/** Pins the open jobs to a version that it has advanced and that would otherwise move to the current one. */
async function keepAdvanced(client: Client, version: WorkerDeploymentVersion): Promise<RunId[]> {
  const runs = await findRuns(client, openRunsOn(version, 'AutoUpgrade'));
  const { moved, failed } = await pinRuns(
    client,
    runs.filter(({ type }) => type !== hostService.type),
    version,
  );
  reportFailures(failed);
  return moved;
}

/**
 * Deletes a version on which no job runs any more.
 * @throws {RefusedError} if jobs may still run on it, or its workers still poll.
 */
export async function retire({ client, name }: OnDeployment, buildId: string): Promise<void> {
  await requireVersion(client, name, buildId, 0);
  const { versions } = await requireDeployment(client, name);
  const version = versions.find((candidate) => candidate.buildId === buildId);
  if (!version) throw new RefusedError(`${buildId} was deleted meanwhile.`);
  const { state, pinnedJobs } = version;
  if (state === 'current' || state === 'ramping')
    throw new RefusedError(`${buildId} is ${state}: new jobs start on it. Promote another version first.`);
  if (pinnedJobs > 0)
    throw new RefusedError(
      `Open jobs are pinned to ${buildId} (${pinnedJobs}): wait until they have ended, or move them with ` +
        `\`deployment move --from ${buildId} --to <build-id>\`.`,
    );
  if (state === 'draining')
    throw new RefusedError(
      `No open job is pinned to ${buildId}, but the engine still shows it as draining: it checks this every few minutes. Try again later.`,
    );
  try {
    await callForCommand(client, () => deleteVersion(client, { deploymentName: name, buildId }));
  } catch (error) {
    if (codeOf(error) !== FAILED_PRECONDITION) throw error;
    if (detailsOf(error).includes('active pollers'))
      throw new RefusedError(
        `The workers of ${buildId} still poll, or did so within the last five minutes: stop them, and try again later.`,
      );
    throw new RefusedError(`${buildId} cannot be retired: ${detailsOf(error)}`);
  }
  print(`${buildId} of ${name} is retired.`);
}

/** Calls the engine, and explains its refusal. */
async function route(client: Client, buildId: string | undefined, call: () => Promise<void>): Promise<void> {
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
    const unserved = await unservedQueues(client, { version, queues });
    if (unserved.length === 0) return;
    const fact = `None of the ${workersOf(buildId)} polls ${unserved.join(', ')}`;
    if (force) {
      print(`${fact}: their work there waits.`);
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

async function requireDeployment(client: Client, name: string): Promise<Deployment> {
  const deployment = await callForCommand(client, () => readDeployment(client, name));
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

function buildIdIn(states: Map<string, VersionState>, wanted: VersionState): string | undefined {
  return [...states].find(([, state]) => state === wanted)?.[0];
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** What the engine said, without the client's words. */
function detailsOf(error: unknown): string {
  const { details } = error as { details?: unknown };
  return (typeof details === 'string' ? details : errorMessage(error)).replace(/\.$/, '');
}
