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
  /** Whether a worker that gets no tasks polls it: one of another version, or one without a version. */
  isPolledByOthers: boolean;
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
  return pollersOf(pollers, { kind, current: versionOfQueue(versioningInfo), pinnedTo });
}

/** A worker's version as the engine describes it. */
interface DescribedVersion {
  deploymentName?: string | null;
  buildId?: string | null;
  /** Unversioned workers may name a version too. */
  workerVersioningMode?: unknown;
}

/** Where a task goes. */
interface TaskOf {
  kind: TaskKind;
  /** The version that is current in the queue. */
  current: WorkerDeploymentVersion | undefined;
  /** The version to which its run is pinned. */
  pinnedTo?: WorkerDeploymentVersion | undefined;
}

/** Returns which of the pollers of a queue get a task. */
export function pollersOf(pollers: readonly DescribedPoller[], task: TaskOf): Pollers {
  const version = versionOfTask(pollers, task);
  const served = pollers.filter((poller) => isOfVersion(poller, version));
  const newest = Math.max(0, ...served.map(lastPollOf));
  return {
    isPolled: served.some(isFresh),
    lastSeenAt: newest === 0 ? null : new Date(newest),
    ...(version && { version }),
    isPolledByOthers: pollers.some((poller) => !isOfVersion(poller, version) && isFresh(poller)),
  };
}

/** Returns how many of the workers that poll a queue get the tasks of runs that are not pinned. */
export function countServing({
  pollers,
  versioningInfo,
}: Pick<Awaited<ReturnType<typeof describeTaskQueue>>, 'pollers' | 'versioningInfo'>): number {
  const current = versionOfQueue(versioningInfo);
  return pollers.filter((poller) => isOfVersion(poller, current)).length;
}

function versionOfTask(
  pollers: readonly DescribedPoller[],
  { kind, current, pinnedTo }: TaskOf,
): WorkerDeploymentVersion | undefined {
  // A pinned run's activities in a queue that is not the deployment's go where those of other runs do.
  const isPinnedHere =
    pinnedTo !== undefined &&
    (kind === 'workflow' ||
      pollers.some((poller) => versionOfPoller(poller)?.deploymentName === pinnedTo.deploymentName));
  return isPinnedHere ? pinnedTo : current;
}

/** Whether a poller is a worker of a version; without one, whether it is not versioned. */
export function isOfVersion(poller: DescribedPoller, version: WorkerDeploymentVersion | undefined): boolean {
  const own = versionOfPoller(poller);
  return own?.deploymentName === version?.deploymentName && own?.buildId === version?.buildId;
}

/** Returns the version of a worker; undefined if it has none. */
export function versionOfPoller({ deploymentOptions }: DescribedPoller): WorkerDeploymentVersion | undefined {
  return deploymentOptions?.workerVersioningMode === WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
    ? versionOf(deploymentOptions)
    : undefined;
}

function versionOfQueue(
  info: { currentDeploymentVersion?: DescribedVersion | null } | null | undefined,
): WorkerDeploymentVersion | undefined {
  return info?.currentDeploymentVersion ? versionOf(info.currentDeploymentVersion) : undefined;
}

const versionOf = ({ deploymentName, buildId }: DescribedVersion): WorkerDeploymentVersion => ({
  deploymentName: deploymentName ?? '',
  buildId: buildId ?? '',
});
