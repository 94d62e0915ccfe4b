import { setTimeout as delay } from 'node:timers/promises';
import { readRouting, type DeployedVersion, type VersionState } from '../engine/deployments.ts';
import { callAcrossRuns } from '../engine/between-runs.ts';
import { callForCommand } from '../engine/command-call.ts';
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
import { formerSince, rollBack } from './roll-back.ts';

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
 * @throws {RefusedError} if it does not exist, its workers do not poll what the current version's poll, another version is ramping, or the
 * current version came after it: that one's jobs would move back.
 */
export async function promote(on: OnDeployment, buildId: string): Promise<void> {
  const { client, name, force } = on;
  const before = await requireVersion(client, name, buildId);
  requireNoOtherRamp(before, buildId);
  if (before.get(buildId) === 'current') {
    print(`${buildId} is already the current version of ${name}.`);
    return;
  }
  await requireLater(on, before, buildId);
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

/** The engine does not end a ramp because another version becomes current, and a second ramp would move the jobs of the first back. */
function requireNoOtherRamp(states: Map<string, VersionState>, buildId: string): void {
  const ramping = buildIdIn(states, 'ramping');
  if (ramping !== undefined && ramping !== buildId)
    throw new RefusedError(
      `${ramping} is ramping, and would still get jobs: end this with \`deployment ramp ${ramping} 0\` first. Jobs that it has advanced finish there.`,
    );
}

/** The jobs that the current version has advanced may not replay on a version that was current before it. */
async function requireLater(
  { client, name }: OnDeployment,
  states: Map<string, VersionState>,
  buildId: string,
): Promise<void> {
  const current = buildIdIn(states, 'current');
  if (current === undefined) return;
  const { activatedAt } = await callForCommand(client, () => readRouting(client, name));
  if ((activatedAt.get(buildId) ?? Infinity) < (activatedAt.get(current) ?? -Infinity))
    throw new RefusedError(
      `${current} came after ${buildId}, and has advanced jobs that ${buildId} may not replay. \`deployment rollback ${buildId}\` lets these finish ` +
        `on ${current}; with --follow, they move back too.`,
    );
}

/**
 * Starts a percentage of the new jobs on a version; 0 ends the ramp, as {@link rollBack} does, and may be repeated too.
 * @throws {RefusedError} as {@link promote}, or if the version is ramping already with a higher percentage.
 */
export async function ramp(on: OnDeployment, buildId: string, percent: number): Promise<void> {
  const { client, name, force } = on;
  const before = await requireVersion(client, name, buildId);
  if (before.get(buildId) === 'current')
    throw new RefusedError(`${buildId} is the current version: all new jobs start on it.`);
  const current = buildIdIn(before, 'current');
  if (percent === 0) {
    // An interrupted end of the ramp is completed.
    const ending = buildIdIn(before, 'ramping') === undefined ? await formerSince(on, before, current) : [];
    if (before.get(buildId) !== 'ramping' && !ending.includes(buildId))
      throw new RefusedError(`${buildId} is not ramping.`);
    await rollBack(on, current, { follow: false });
    return;
  }
  requireNoOtherRamp(before, buildId);
  await requireLater(on, before, buildId);
  if (before.get(buildId) === 'ramping') {
    const { rampPercent } = await callForCommand(client, () => readRouting(client, name));
    if (percent < rampPercent)
      throw new RefusedError(
        `${rampPercent} % of the jobs go to ${buildId}; with fewer, some that it has advanced would move back, and may not replay there. ` +
          `End the ramp with \`deployment ramp ${buildId} 0\` first: jobs that it has advanced finish on it.`,
      );
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

/** The index of runs is up to a second late: a job may just have been moved to the version. */
const COUNT_AGAIN_MS = 2_000;

/**
 * Deletes a version on which no job runs any more.
 * @throws {RefusedError} if jobs may still run on it, or its workers still poll.
 */
export async function retire(
  on: OnDeployment,
  buildId: string,
  { countAgainMs = COUNT_AGAIN_MS } = {},
): Promise<void> {
  const { client, name } = on;
  await requireVersion(client, name, buildId, 0);
  await requireUnused(on, buildId);
  await delay(countAgainMs);
  await requireUnused(on, buildId);
  try {
    // If it does not exist, an attempt whose response was lost has deleted it.
    await callForCommand(client, () =>
      callAcrossRuns(() => deleteVersion(client, { deploymentName: name, buildId })),
    );
  } catch (error) {
    throw refusalToRetire(error, buildId);
  }
  print(`${buildId} of ${name} is retired.`);
}

/** @throws {RefusedError} if jobs may run on a version. */
async function requireUnused({ client, name }: OnDeployment, buildId: string): Promise<void> {
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
