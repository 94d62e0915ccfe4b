import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  openRunsOn,
  readDeployment,
  readVersionStates,
  type Deployment,
  type DeployedVersion,
  type VersionState,
} from '../engine/deployments.ts';
import { findRuns, pinRuns } from '../engine/move-runs.ts';
import { deleteVersion, setCurrentVersion, setRampingVersion } from '../engine/route-versions.ts';
import { hostService } from '../hosted-services/host-service.ts';
import { print, RefusedError } from '../process/command.ts';
import { errorMessage } from '../process/errors.ts';
import { printTable } from './print-table.ts';

/** The deployment that a command acts on. */
export interface OnDeployment {
  client: Client;
  name: string;
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
  if (state === 'drained' && pinnedJobs === 0)
    return [`Next: stop the workers of ${buildId}, then \`deployment retire ${buildId}\`.`];
  if (state === 'draining' || pinnedJobs > 0)
    return state === 'current' || state === 'ramping'
      ? []
      : [`Keep the workers of ${buildId} running until it is drained.`];
  return [];
}

/**
 * Makes a version the current one.
 * @throws {RefusedError} if it does not exist, or its workers do not poll what the current version's poll.
 */
export async function promote({ client, name }: OnDeployment, buildId: string): Promise<void> {
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current') {
    print(`${buildId} is already the current version of ${name}.`);
    return;
  }
  await route(buildId, () => setCurrentVersion(client, { deploymentName: name, buildId }));
  const former = buildIdIn(before, 'current');
  print(
    `${buildId} is the current version of ${name}${former === undefined ? '' : `, instead of ${former}`}.`,
  );
  print(
    'New jobs start on it, and jobs that are not pinned move to it with their next step.' +
      (former === undefined ? ' Workers without a version get no more tasks.' : ''),
  );
  if (former === undefined)
    print('Next: stop the workers without a version when their running activities have ended.');
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
export async function ramp({ client, name }: OnDeployment, buildId: string, percent: number): Promise<void> {
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current')
    throw new RefusedError(`${buildId} is the current version: all new jobs start on it.`);
  if (percent === 0) {
    if (before.get(buildId) !== 'ramping') throw new RefusedError(`${buildId} is not ramping.`);
    await route(buildId, () => setRampingVersion(client, { deploymentName: name }, 0));
    print(`The ramp to ${buildId} has ended: all new jobs start on the current version of ${name}.`);
    print(
      `Jobs that are not pinned move back. If they do not replay there, \`deployment rollback\` keeps them on ${buildId}.`,
    );
    return;
  }
  await route(buildId, () => setRampingVersion(client, { deploymentName: name, buildId }, percent));
  print(`${percent} % of the new jobs, and of the jobs that are not pinned, go to ${buildId} of ${name}.`);
  print(
    `Next: \`deployment promote ${buildId}\`; to go back, \`deployment rollback ${buildIdIn(before, 'current') ?? '<build-id>'}\`.`,
  );
}

/**
 * Goes back to a version. Jobs that are not pinned and that a later version has advanced would not replay if the change was not compatible:
 * they finish on that version, except for hosted services, which never end. With `follow`, they move back.
 * @throws {RefusedError} as {@link promote}.
 */
export async function rollBack(
  { client, name }: OnDeployment,
  buildId: string,
  { follow }: { follow: boolean },
): Promise<void> {
  const before = await requireVersion(client, name, buildId);
  const left = [...before].flatMap(([id, state]) =>
    id !== buildId && (state === 'current' || state === 'ramping') ? [id] : [],
  );
  if (left.length === 0) {
    print(
      `${buildId} is the current version of ${name}, and no other is ramping: there is nothing to go back from.`,
    );
    return;
  }
  const keep = async (): Promise<number> => {
    let kept = 0;
    if (!follow)
      for (const id of left) kept += await keepAdvanced(client, { deploymentName: name, buildId: id });
    return kept;
  };
  let kept = await keep();
  if (before.get(buildId) !== 'current')
    await route(buildId, () => setCurrentVersion(client, { deploymentName: name, buildId }));
  // A former ramping version that was promoted is no longer ramping.
  if ([...((await readVersionStates(client, name)) ?? [])].some(([, state]) => state === 'ramping'))
    await route(buildId, () => setRampingVersion(client, { deploymentName: name }, 0));
  // Jobs that the other version advanced meanwhile.
  let found: number;
  do {
    if (!follow) await delay(INDEX_LAG_MS);
    found = await keep();
    kept += found;
  } while (found > 0);
  const leftNames = left.join(' and ');
  print(`${buildId} is the current version of ${name} again, instead of ${leftNames}. New jobs start on it.`);
  if (!follow)
    print(
      `Jobs that ${leftNames} had advanced and that are now pinned there: ${kept}. They finish on ${leftNames}, as those that were pinned before do.`,
    );
  print(
    `Next: keep the workers of ${leftNames} running until \`deployment list\` shows it as drained. ` +
      `If its jobs must not finish there: \`deployment move --from ${left[0] ?? ''} --to ${buildId}\`.`,
  );
}

/** Pins the open jobs to a version that it has advanced and that would otherwise move to the current one. */
async function keepAdvanced(
  client: Client,
  version: { deploymentName: string; buildId: string },
): Promise<number> {
  const runs = await findRuns(client, openRunsOn(version, 'AutoUpgrade'));
  return pinRuns(
    client,
    runs.filter(({ type }) => type !== hostService.type),
    version,
  );
}

/**
 * Moves open jobs that are pinned to a version to another one.
 * @throws {RefusedError} if the other version does not exist.
 */
export async function moveJobs(
  { client, name }: OnDeployment,
  { from, to, types }: { from: string; to: string; types: readonly string[] },
): Promise<void> {
  if (from === to) throw new RefusedError('--from and --to are the same version.');
  // The engine would accept any text, and the jobs would wait indefinitely. The version that they leave may have been deleted.
  await requireVersion(client, name, to);
  const runs = await findRuns(client, openRunsOn({ deploymentName: name, buildId: from }, 'Pinned', types));
  const moved = await pinRuns(client, runs, { deploymentName: name, buildId: to });
  print(`Jobs moved from ${from} to ${to} of ${name}: ${moved}. They continue there with their next step.`);
  if (moved > 0)
    print(
      `Next: a job that does not replay on ${to} waits, and its \`/why\` says code_does_not_replay. ` +
        `Move such jobs back with \`deployment move --from ${to} --to ${from} --type <type>\`.`,
    );
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
    await deleteVersion(client, { deploymentName: name, buildId });
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
async function route(buildId: string, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (codeOf(error) !== FAILED_PRECONDITION) throw error;
    throw new RefusedError(
      `The engine refused: ${detailsOf(error)}. Start workers of ${buildId} for every task queue of the current version, then try again.`,
    );
  }
}

async function requireDeployment(client: Client, name: string): Promise<Deployment> {
  const deployment = await readDeployment(client, name);
  if (!deployment) throw unknownDeployment(name);
  return deployment;
}

/** Waits for a version to appear, and returns the states of all versions. */
async function requireVersion(
  client: Client,
  name: string,
  buildId: string,
  patienceMs = APPEARS_MS,
): Promise<Map<string, VersionState>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const states = await readVersionStates(client, name);
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
