import { bringBackFailing } from '../engine/crossed-runs.ts';
import { openRunsOn, readVersionStates } from '../engine/deployments.ts';
import { callForCommand } from '../engine/command-call.ts';
import { findRuns, moveToCurrent, pinRuns, unpinRuns, type MovedRuns } from '../engine/move-runs.ts';
import { hostService } from '../hosted-services/host-service.ts';
import { print, RefusedError } from '../process/command.ts';
import { reportFailures, requireVersion, requireWorkers, type OnDeployment } from './on-deployment.ts';

/** The jobs to move: those that are pinned to a version, all or of some types. */
interface Moved {
  from: string;
  types: readonly string[];
}

/**
 * Moves open jobs that are pinned to a version to another one. Jobs of the other one that have begun to move to the version, and whose next
 * step fails there, are brought back.
 * @throws {RefusedError} if the other version does not exist, or no workers of it run.
 */
export async function moveJobs(on: OnDeployment, { from, to, types }: Moved & { to: string }): Promise<void> {
  const { client, name } = on;
  if (from === to) throw new RefusedError('--from and --to are the same version.');
  // The engine would accept any text, and the jobs would wait indefinitely. The version that they leave may have been deleted.
  await requireVersion(client, name, to);
  await requireWorkers(on, to);
  const runs = await findRuns(client, openRunsOn({ deploymentName: name, buildId: from }, 'Pinned', types));
  const states = await callForCommand(client, () => readVersionStates(client, name));
  const move = states?.get(to) === 'current' ? moveToCurrent : pinRuns;
  const { moved, failed } = await move(client, runs, { deploymentName: name, buildId: to });
  print(
    `Jobs moved from ${from} to ${to} of ${name}: ${moved.length}. They continue there with their next step.`,
  );
  if (moved.length > 0)
    print(
      `Next: a job that does not replay on ${to} waits, and its \`/why\` says code_does_not_replay. ` +
        `Move such jobs back with \`deployment move --from ${to} --to ${from} --type <type>\`.`,
    );
  // The next step of a job always moves to the current version.
  const back = states?.get(to) === 'current' ? undefined : await bringBackMoved(on, { from, to, types });
  if (back && back.moved.length > 0)
    print(
      `Jobs that ${to} had advanced, whose next step fails on ${from}, and that were reset to the beginning of that step: ${back.moved.length}. They continue on ${to}.`,
    );
  reportFailures([...failed, ...(back?.failed ?? [])]);
}

/** Resets the jobs that a version has advanced and that wait for a step on another one, to which they have begun to move. */
async function bringBackMoved(
  { client, name }: OnDeployment,
  { from, to, types }: Moved & { to: string },
): Promise<MovedRuns> {
  const version = { deploymentName: name, buildId: to };
  const runs = await findRuns(client, openRunsOn(version, 'AutoUpgrade', types));
  const jobs = runs.filter(({ type }) => type !== hostService.type);
  return bringBackFailing(
    client,
    jobs.map((run) => ({ ...run, version })),
    { deploymentName: name, buildId: from },
  );
}

/** Removes what operators have set for open jobs that are pinned to a version: they run as their workflows declare. */
export async function unpinJobs({ client, name }: OnDeployment, { from, types }: Moved): Promise<void> {
  const runs = await findRuns(client, openRunsOn({ deploymentName: name, buildId: from }, 'Pinned', types));
  const { moved, failed } = await unpinRuns(client, runs);
  print(
    `Jobs on ${from} of ${name} without a pin of an operator: ${moved.length}. ` +
      'Those that their workflows do not pin move to the current version with their next step.',
  );
  reportFailures(failed);
}
