import type { DeployedVersion } from '../engine/deployments.ts';
import { callForCommand } from '../engine/command-call.ts';
import { isNotFound } from '../engine/not-found.ts';
import { deleteVersion, setCurrentVersion, setRampingVersion } from '../engine/route-versions.ts';
import { print, RefusedError } from '../process/command.ts';
import {
  buildIdIn,
  codeOf,
  detailsOf,
  FAILED_PRECONDITION,
  requireDeployment,
  requireVersion,
  requireWorkers,
  route,
  type OnDeployment,
} from './on-deployment.ts';
import { printTable } from './print-table.ts';
import { rollBack } from './roll-back.ts';

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
    print('No version is current: jobs run on workers without a version.');
}

function nextStep({ buildId, state, pinnedJobs }: DeployedVersion): string[] {
  if (state === 'current' || state === 'ramping') return [];
  // Jobs may have been moved to any version.
  if (pinnedJobs > 0) return [`Keep the workers of ${buildId} running until no job is pinned to it.`];
  if (state === 'draining') return [`Keep the workers of ${buildId} running until it is drained.`];
  if (state === 'inactive')
    return [
      `Next: \`deployment promote ${buildId}\`, or \`deployment ramp ${buildId} 10\` for 10 % of the jobs.`,
    ];
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
 * Starts a percentage of the new jobs on a version; 0 ends the ramp, as {@link rollBack} does.
 * @throws {RefusedError} as {@link promote}.
 */
export async function ramp(on: OnDeployment, buildId: string, percent: number): Promise<void> {
  const { client, name, force } = on;
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current')
    throw new RefusedError(`${buildId} is the current version: all new jobs start on it.`);
  const current = buildIdIn(before, 'current');
  if (percent === 0) {
    if (before.get(buildId) !== 'ramping') throw new RefusedError(`${buildId} is not ramping.`);
    await rollBack(on, current, { follow: false });
    return;
  }
  await requireWorkers(on, buildId);
  await route(client, buildId, () =>
    setRampingVersion(client, { deploymentName: name, buildId }, percent, { force }),
  );
  print(`${percent} % of the new jobs, and of the jobs that are not pinned, go to ${buildId} of ${name}.`);
  if (current === undefined)
    print(
      'No version is current, so the other jobs stay on workers without a version: keep these running. ' +
        'Open jobs move between both kinds of workers: a change to their workflows must be behind `patched()`.',
    );
  print(
    `Next: \`deployment promote ${buildId}\`; to go back, \`deployment rollback ${current ?? '--unversioned'}\`.`,
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
  if (pinnedJobs > 0) {
    const current = versions.find((other) => other.state === 'current');
    throw new RefusedError(
      `Open jobs are pinned to ${buildId} (${pinnedJobs}): wait until they have ended` +
        (current
          ? `, or move them with \`deployment move --from ${buildId} --to ${current.buildId}\`.`
          : '.'),
    );
  }
  if (state === 'draining')
    throw new RefusedError(
      `No open job is pinned to ${buildId}, but the engine still shows it as draining: it checks this every few minutes. Try again later.`,
    );
  try {
    await callForCommand(client, () => deleteVersion(client, { deploymentName: name, buildId }));
  } catch (error) {
    // An attempt whose response was lost has deleted it.
    if (!isNotFound(error)) throw refusalToRetire(error, buildId);
  }
  print(`${buildId} of ${name} is retired.`);
}

/** Explains why the engine does not delete a version. */
function refusalToRetire(error: unknown, buildId: string): unknown {
  if (codeOf(error) !== FAILED_PRECONDITION) return error;
  return new RefusedError(
    detailsOf(error).includes('active pollers')
      ? `The workers of ${buildId} still poll, or did so within the last five minutes: stop them, and try again later.`
      : `${buildId} cannot be retired: ${detailsOf(error)}.`,
  );
}
