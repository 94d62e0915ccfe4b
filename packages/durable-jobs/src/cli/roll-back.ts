import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { callForCommand } from '../engine/command-call.ts';
import { openRunsOn, readRouting, readVersionStates, type VersionState } from '../engine/deployments.ts';
import { bringBackCrossed, type PinnedRun } from '../engine/crossed-runs.ts';
import { findRuns, pinRuns } from '../engine/move-runs.ts';
import { setCurrentVersion, setRampingVersion } from '../engine/route-versions.ts';
import { hostService } from '../hosted-services/host-service.ts';
import { print, printError } from '../process/command.ts';
import {
  buildIdIn,
  reportFailures,
  requireVersion,
  requireWorkers,
  route,
  type OnDeployment,
} from './on-deployment.ts';

/** The index of runs is up to a second late. */
const CHECK_MS = 2_000;

/** Searches for jobs to pin before the change, at most. */
const ROUNDS_BEFORE = 3;

/**
 * A workflow task that another version took before the change ends within 10 s, which is Temporal's default timeout of such a task, and the index of
 * runs is a moment late.
 */
const UNDER_WAY_MS = 15_000;

/**
 * Goes back to a version, or to workers without one. Jobs that are not pinned and that later versions have advanced would not replay if the
 * change was not compatible: they finish on these versions, except for hosted services, which never end. With `follow`, they move back. It may be
 * repeated if it was interrupted: what it has not done yet is done then.
 * @throws {RefusedError} if the version does not exist, its workers do not poll what others poll, or the engine refuses.
 */
export async function rollBack(
  on: OnDeployment,
  buildId: string | undefined,
  { follow, underWayMs = UNDER_WAY_MS }: { follow: boolean; underWayMs?: number },
): Promise<void> {
  const { client, name } = on;
  const before =
    buildId === undefined
      ? ((await callForCommand(client, () => readVersionStates(client, name))) ??
        new Map<string, VersionState>())
      : await requireVersion(client, name, buildId);
  const active = [...before].flatMap(([id, state]) =>
    id !== buildId && (state === 'current' || state === 'ramping') ? [id] : [],
  );
  const isRepeated = active.length === 0 && !follow && buildIdIn(before, 'current') === buildId;
  // Jobs that wait may have taken their last step on any later version.
  const former = follow || (active.length === 0 && !isRepeated) ? [] : await formerSince(on, before, buildId);
  const left = [...active, ...former];
  if (left.length === 0) {
    print(`No other version of ${name} is current or ramping: there is nothing to go back from.`);
    return;
  }
  // Before anything is changed.
  await requireWorkers(on, buildId);
  const kept = new Map<string, PinnedRun>();
  /** Pins what the versions have advanced, and returns how many runs it has pinned for the first time. */
  const keep = async (): Promise<number> => {
    const before = kept.size;
    if (!follow)
      for (const id of left)
        for (const run of await keepAdvanced(client, { deploymentName: name, buildId: id }, kept))
          kept.set(run.runId, run);
    return kept.size - before;
  };
  const leftNames = left.join(' and ');
  if (isRepeated) print(`${buildId ?? 'No version'} of ${name} is current already, after ${leftNames}.`);
  else await changeRoute(on, { buildId, before, active, keep, kept });
  if (!follow) {
    try {
      // At once, before they take a step elsewhere; then those that the other version still advances.
      await keep();
      const until = Date.now() + underWayMs;
      do await delay(CHECK_MS);
      while ((await keep()) > 0 || Date.now() < until);
      print(
        `Jobs that ${leftNames} had advanced and that are now pinned there: ${kept.size}. They finish on ${leftNames}, as those that were pinned before do.`,
      );
      if (isRepeated) for (const run of await findPinned(on, left)) kept.set(run.runId, run);
      await rescueCrossed(client, [...kept.values()], { left, buildId });
    } catch (error) {
      printError(
        `Some jobs that ${leftNames} had advanced may not be pinned there. Run \`deployment rollback ${buildId ?? '--unversioned'}\` again.`,
      );
      throw error;
    }
  }
  print(
    `Next: keep the workers of ${leftNames} running until \`deployment list\` shows it as drained.` +
      (former.length > 0
        ? ' If it shows jobs that are pinned to a version whose workers were stopped, start these workers again.'
        : '') +
      (buildId === undefined
        ? ''
        : ` If its jobs must not finish there: \`deployment move --from ${left[0] ?? ''} --to ${buildId}\`.`),
  );
}

/** Returns the former versions that have become current or ramping after the one to go back to. */
export async function formerSince(
  { client, name }: OnDeployment,
  states: Map<string, VersionState>,
  buildId: string | undefined,
): Promise<string[]> {
  const { activatedAt } = await callForCommand(client, () => readRouting(client, name));
  const since = buildId === undefined ? -Infinity : (activatedAt.get(buildId) ?? Infinity);
  return [...states].flatMap(([id, state]) =>
    (state === 'draining' || state === 'drained') && (activatedAt.get(id) ?? -Infinity) > since ? [id] : [],
  );
}

/** Sends new jobs to the version to go back to, and to no other. Before that, it pins what it can. */
async function changeRoute(
  { client, name, force }: OnDeployment,
  {
    buildId,
    before,
    active,
    keep,
    kept,
  }: {
    buildId: string | undefined;
    before: Map<string, VersionState>;
    active: readonly string[];
    keep: () => Promise<number>;
    kept: ReadonlyMap<string, PinnedRun>;
  },
): Promise<void> {
  // The fewer start on these versions between the last check and the change, the better. Under load, some always do.
  for (let round = 0; round < ROUNDS_BEFORE && (await keep()) > 0; round++);
  const activeNames = active.join(' and ');
  const isCurrent = buildIdIn(before, 'current') === buildId;
  try {
    if (!isCurrent)
      await route(client, buildId, () =>
        setCurrentVersion(client, { deploymentName: name, buildId: buildId ?? '' }, { force }),
      );
    // A ramp does not end because another version becomes current.
    const now = await callForCommand(client, () => readVersionStates(client, name));
    if (now && buildIdIn(now, 'ramping') !== undefined)
      await route(client, buildId, () => setRampingVersion(client, { deploymentName: name }, 0));
  } catch (error) {
    if (kept.size > 0) {
      const versions = [...new Set([...kept.values()].map(({ version }) => version.buildId))];
      const commands = versions.map((id) => `\`deployment move --from ${id} --unpin\``).join(' and ');
      printError(
        `Jobs that are pinned to ${versions.join(' and ')} nevertheless: ${kept.size}. ${commands} ${versions.length > 1 ? 'release' : 'releases'} them.`,
      );
    }
    throw error;
  }
  const target = buildId ?? 'workers without a version';
  if (isCurrent) print(`The ramp to ${activeNames} of ${name} has ended: all new jobs start on ${target}.`);
  else
    print(
      buildId === undefined
        ? `No version of ${name} is current any more: new jobs start on ${target}.`
        : `${buildId} is the current version of ${name} again, instead of ${activeNames}. New jobs start on it.`,
    );
}

/** Returns the open jobs that are pinned to versions. */
async function findPinned({ client, name }: OnDeployment, versions: readonly string[]): Promise<PinnedRun[]> {
  const found: PinnedRun[] = [];
  for (const buildId of versions) {
    const version = { deploymentName: name, buildId };
    for (const { workflowId, runId } of await findRuns(client, openRunsOn(version, 'Pinned')))
      found.push({ workflowId, runId, version });
  }
  return found;
}

/** Pins the open jobs to a version that it has advanced and that would otherwise move to the current one, except those that `kept` has. */
async function keepAdvanced(
  client: Client,
  version: WorkerDeploymentVersion,
  kept: ReadonlyMap<string, PinnedRun>,
): Promise<PinnedRun[]> {
  const runs = await findRuns(client, openRunsOn(version, 'AutoUpgrade'));
  const { moved, failed } = await pinRuns(
    client,
    runs.filter(({ type, runId }) => type !== hostService.type && !kept.has(runId)),
    version,
  );
  reportFailures(failed);
  return moved.map((run) => ({ ...run, version }));
}

/** Resets the jobs that began to move before they were pinned, and names those for which that is not possible. */
async function rescueCrossed(
  client: Client,
  kept: readonly PinnedRun[],
  { left, buildId }: { left: readonly string[]; buildId: string | undefined },
): Promise<void> {
  const begun = `began a step on ${buildId ?? 'workers without a version'} before they were pinned`;
  const { moved, failed } = await bringBackCrossed(client, kept);
  if (moved.length > 0)
    print(
      `Jobs among them that ${begun}, and that were reset to the beginning of that step: ${moved.length}.`,
    );
  if (failed.length === 0) return;
  for (const { workflowId, runId, reason } of failed) printError(`${workflowId} (run ${runId}): ${reason}`);
  printError(
    `These jobs ${begun}, and could not be reset (${failed.length}). One that does not replay there waits, and its \`/why\` says code_does_not_replay: ` +
      (buildId === undefined
        ? 'reset it in Temporal.'
        : `\`deployment move --from ${buildId} --to ${left[0] ?? ''}\` tries again.`),
  );
  process.exitCode = 1;
}
