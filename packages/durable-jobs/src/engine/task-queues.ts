import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';

const { WorkerVersioningMode } = proto.temporal.api.enums.v1;

/** temporal.api.enums.v1.TaskQueueType; the client package does not export it. */
const taskQueueTypes = { workflow: 1, activity: 2 } as const;

/** The kinds of tasks in a queue; each kind is polled separately. */
export type TaskKind = keyof typeof taskQueueTypes;

/** Deadline of a call: the client retries for as long as it may, so an abandoned call would continue without one. */
export const ENGINE_CALL_MS = 5_000;

/** Returns the engine's description of one kind of tasks of a queue: its pollers and its backlog. */
export async function describeTaskQueue(client: Client, queue: string, kind: TaskKind) {
  return client.withDeadline(Date.now() + ENGINE_CALL_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queue },
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its enum is in a package of the SDK's own
      taskQueueType: taskQueueTypes[kind],
      reportStats: true,
    }),
  );
}

/** The workers that poll a queue and to which its tasks go. */
export interface Pollers {
  /** Whether a worker polls it at present. */
  isPolled: boolean;
  /** When a worker last polled; null if none did within the last minutes. */
  lastSeenAt: Date | null;
  /** The version of the workers to which the tasks go; absent if they go to workers without a version. */
  version?: WorkerDeploymentVersion;
  /** A ramping version to which a part of the tasks goes, if no worker of it polls. */
  unpolledRamp?: WorkerDeploymentVersion;
  /** The versions of workers that poll it and get no tasks, the current one first. */
  others: WorkerDeploymentVersion[];
}

/** A poll lasts up to a minute on the server; a poller that is silent for longer is gone. */
const POLLER_FRESH_MS = 75_000;

/** A poller as the engine describes it, as far as {@link pollersOf} reads it. */
export interface DescribedPoller {
  lastAccessTime?: { seconds?: unknown } | null;
  deploymentOptions?: DescribedVersion | null;
}

/** Whether a poller has polled so recently that its worker may run. */
export function isFresh(poller: Pick<DescribedPoller, 'lastAccessTime'>): boolean {
  return Date.now() - lastPollOf(poller) <= POLLER_FRESH_MS;
}

/** When a poller last polled, in milliseconds since the epoch. */
function lastPollOf({ lastAccessTime }: Pick<DescribedPoller, 'lastAccessTime'>): number {
  return Number(lastAccessTime?.seconds ?? 0) * 1_000;
}

/**
 * Returns whether a worker polls a queue that gets its tasks: one of the version that is current there, or to which a run is `pinnedTo`. The
 * engine still lists a dead worker until its last poll ends.
 */
export async function readPollers(
  client: Client,
  queue: string,
  kind: TaskKind,
  pinnedTo?: WorkerDeploymentVersion,
): Promise<Pollers> {
  const { pollers, versioningInfo } = await describeTaskQueue(client, queue, kind);
  return pollersOf(pollers, { kind, versions: versionsOfQueue(versioningInfo), pinnedTo });
}

/** A worker's version as the engine describes it. */
interface DescribedVersion {
  deploymentName?: string | null;
  buildId?: string | null;
  /** Unversioned workers may name a version too. */
  workerVersioningMode?: unknown;
}

/** The versions of a queue; undefined stands for workers without a version. */
export interface QueueVersions {
  /** Those to which tasks of runs that are not pinned go: the current one, and then the ramping one. */
  targets: [WorkerDeploymentVersion | undefined, ...(WorkerDeploymentVersion | undefined)[]];
  current: WorkerDeploymentVersion | undefined;
}

/** Where a task goes. */
interface TaskOf {
  kind: TaskKind;
  versions: QueueVersions;
  /** The version to which its run is pinned. */
  pinnedTo?: WorkerDeploymentVersion | undefined;
}

/** Returns which of the pollers of a queue get a task. */
export function pollersOf(pollers: readonly DescribedPoller[], task: TaskOf): Pollers {
  const [version, ...ramping] = targetsOf(pollers, task);
  const served = pollers.filter((poller) => isOfVersion(poller, version));
  const newest = Math.max(0, ...served.map(lastPollOf));
  const unpolledRamp = ramping.find((target) => !isPolledBy(pollers, target));
  const targets = [version, ...ramping];
  return {
    isPolled: served.some(isFresh),
    lastSeenAt: newest === 0 ? null : new Date(newest),
    ...(version && { version }),
    ...(unpolledRamp && { unpolledRamp }),
    others: freshVersions(pollers)
      .filter((other) => !targets.some((target) => isSameVersion(other, target)))
      .toSorted(
        (a, b) =>
          Number(isSameVersion(b, task.versions.current)) - Number(isSameVersion(a, task.versions.current)),
      ),
  };
}

/**
 * Returns how many of the workers that poll a queue get the tasks of runs that are not pinned. If these go to two versions, it is the number of the
 * one with fewer: without a worker of either, tasks wait.
 */
export function countServing({
  pollers,
  versioningInfo,
}: Pick<Awaited<ReturnType<typeof describeTaskQueue>>, 'pollers' | 'versioningInfo'>): number {
  const { targets } = versionsOfQueue(versioningInfo);
  return Math.min(...targets.map((target) => pollers.filter((poller) => isOfVersion(poller, target)).length));
}

function targetsOf(
  pollers: readonly DescribedPoller[],
  { kind, versions, pinnedTo }: TaskOf,
): QueueVersions['targets'] {
  // A pinned run's activities in a queue that is not the deployment's go where those of other runs do.
  const isPinnedHere =
    pinnedTo !== undefined &&
    (kind === 'workflow' ||
      pollers.some((poller) => versionOfPoller(poller)?.deploymentName === pinnedTo.deploymentName));
  return isPinnedHere ? [pinnedTo] : versions.targets;
}

/** Returns the versions of the workers that poll at present. */
function freshVersions(pollers: readonly DescribedPoller[]): WorkerDeploymentVersion[] {
  const found: WorkerDeploymentVersion[] = [];
  for (const poller of pollers.filter(isFresh)) {
    const version = versionOfPoller(poller);
    if (version && !found.some((other) => isSameVersion(other, version))) found.push(version);
  }
  return found;
}

const isPolledBy = (
  pollers: readonly DescribedPoller[],
  version: WorkerDeploymentVersion | undefined,
): boolean => pollers.some((poller) => isOfVersion(poller, version) && isFresh(poller));

/** Whether a poller is a worker of a version; without one, whether it is not versioned. */
export function isOfVersion(poller: DescribedPoller, version: WorkerDeploymentVersion | undefined): boolean {
  return isSameVersion(versionOfPoller(poller), version);
}

function isSameVersion(
  one: WorkerDeploymentVersion | undefined,
  other: WorkerDeploymentVersion | undefined,
): boolean {
  return one?.deploymentName === other?.deploymentName && one?.buildId === other?.buildId;
}

/** Returns the version of a worker; undefined if it has none. */
export function versionOfPoller({ deploymentOptions }: DescribedPoller): WorkerDeploymentVersion | undefined {
  return deploymentOptions?.workerVersioningMode === WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
    ? versionOf(deploymentOptions)
    : undefined;
}

/** Returns the versions of a queue, as the engine describes them. */
export function versionsOfQueue(
  info:
    | {
        currentDeploymentVersion?: DescribedVersion | null;
        rampingDeploymentVersion?: DescribedVersion | null;
        rampingVersionPercentage?: number | null;
      }
    | null
    | undefined,
): QueueVersions {
  const read = (described: DescribedVersion | null | undefined) =>
    described ? versionOf(described) : undefined;
  const current = read(info?.currentDeploymentVersion);
  const ramping = read(info?.rampingDeploymentVersion);
  const percent = info?.rampingVersionPercentage ?? 0;
  // A ramp to workers without a version has a percentage alone.
  if (percent === 0) return { targets: [current], current };
  return { targets: percent === 100 ? [ramping] : [current, ramping], current };
}

const versionOf = ({ deploymentName, buildId }: DescribedVersion): WorkerDeploymentVersion => ({
  deploymentName: deploymentName ?? '',
  buildId: buildId ?? '',
});
