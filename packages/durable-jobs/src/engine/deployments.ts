import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { inParallel } from '../process/in-parallel.ts';
import { callAcrossRuns } from './between-runs.ts';
import { INDEXED_OPEN } from './run-status.ts';
import { Condition } from './visibility-query.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;

/**
 * States of a version: new jobs start on the `current` one, and on the `ramping` one as far as its percentage says; pinned jobs still run on
 * a `draining` one, and none on a `drained` one; an `inactive` one has workers, and was neither current nor ramping yet.
 */
export const versionStates = ['current', 'ramping', 'draining', 'drained', 'inactive'] as const;

/** One of {@link versionStates}. */
export type VersionState = (typeof versionStates)[number];

/** A version of the workers of a deployment: a release. */
export interface DeployedVersion {
  buildId: string;
  state: VersionState;
  /** The percentage of new jobs that start on it, if it is ramping. */
  rampPercent?: number;
  createdAt: Date | undefined;
  /** Since when no pinned job has run on it, if it is drained. */
  drainedAt: Date | undefined;
  /** Open jobs that stay on it. */
  pinnedJobs: number;
  /** Open jobs whose last step ran on it, and that move to the current version. */
  movingJobs: number;
}

/** The versions of an application's workers, newest first. */
export interface Deployment {
  name: string;
  versions: DeployedVersion[];
}

const states = new Map<unknown, VersionState>([
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT, 'current'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING, 'ramping'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING, 'draining'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED, 'drained'],
]);

/** gRPC's statuses of a call that a server does not know, has switched off, or does not permit. */
const WITHOUT_VERSIONS: ReadonlySet<unknown> = new Set([7, 12]);

/** Versions whose jobs are counted at a time. */
const COUNTED_AT_ONCE = 4;

/** Returns the namespace's deployments; none if the engine has none, or does not permit to read them. */
export async function readDeployments(client: Client): Promise<Deployment[]> {
  try {
    const names = await deploymentNames(client);
    const found = await Promise.all(names.map((name) => readDeployment(client, name)));
    return found.filter((deployment) => deployment !== undefined);
  } catch (error) {
    if (WITHOUT_VERSIONS.has((error as { code?: unknown }).code)) return [];
    throw error;
  }
}

/** Returns the names of the namespace's deployments. */
export async function deploymentNames(client: Client): Promise<string[]> {
  const names: string[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.listWorkerDeployments({
      namespace: client.options.namespace,
      ...(nextPageToken && { nextPageToken }),
    });
    names.push(...page.workerDeployments.map(({ name }) => name ?? ''));
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return names.toSorted();
}

/** Makes a call to the engine. */
type Call = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * Returns a deployment with its versions and their open jobs; undefined if no worker of it has ever polled. `call` makes each call to the engine;
 * by default, they share the caller's time limit.
 */
export async function readDeployment(
  client: Client,
  name: string,
  call: Call = (make) => make(),
): Promise<Deployment | undefined> {
  const info = await call(() => describeDeployment(client, name));
  if (!info) return undefined;
  const versions = await inParallel(
    info.versionSummaries ?? [],
    COUNTED_AT_ONCE,
    async (version): Promise<DeployedVersion> => {
      const buildId = version.deploymentVersion?.buildId ?? '';
      const state = stateOf(version.status);
      const on = { deploymentName: name, buildId };
      const [pinnedJobs, movingJobs] = await Promise.all([
        call(() => countRuns(client, openRunsOn(on, 'Pinned'))),
        call(() => countRuns(client, openRunsOn(on, 'AutoUpgrade'))),
      ]);
      return {
        buildId,
        state,
        ...(state === 'ramping' && { rampPercent: info.routingConfig?.rampingVersionPercentage ?? 0 }),
        createdAt: dateOf(version.createTime),
        drainedAt: state === 'drained' ? dateOf(version.drainageInfo?.lastChangedTime) : undefined,
        pinnedJobs,
        movingJobs,
      };
    },
  );
  versions.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
  return { name, versions };
}

/** Returns the state of each version of a deployment by build id; undefined if no worker of it has ever polled. */
export async function readVersionStates(
  client: Client,
  name: string,
): Promise<Map<string, VersionState> | undefined> {
  const info = await describeDeployment(client, name);
  if (!info) return undefined;
  return new Map(
    (info.versionSummaries ?? []).map(({ deploymentVersion, status }) => [
      deploymentVersion?.buildId ?? '',
      stateOf(status),
    ]),
  );
}

/** How a deployment has sent jobs to its versions. */
export interface Routing {
  /** The percentage of new jobs that start on the ramping version; 0 if none is ramping. */
  rampPercent: number;
  /** When each version first became current or ramping, in milliseconds since the epoch, by build id; absent if it never did. */
  activatedAt: ReadonlyMap<string, number>;
}

/** Returns how a deployment has sent jobs to its versions. */
export async function readRouting(client: Client, name: string): Promise<Routing> {
  const info = await describeDeployment(client, name);
  const activatedAt = new Map<string, number>();
  for (const { deploymentVersion, firstActivationTime } of info?.versionSummaries ?? []) {
    const at = Number(firstActivationTime?.seconds ?? 0) * 1_000 + (firstActivationTime?.nanos ?? 0) / 1e6;
    if (at > 0) activatedAt.set(deploymentVersion?.buildId ?? '', at);
  }
  return { rampPercent: info?.routingConfig?.rampingVersionPercentage ?? 0, activatedAt };
}

async function describeDeployment(client: Client, deploymentName: string) {
  const { namespace } = client.options;
  const answer = await callAcrossRuns(() =>
    client.workflowService.describeWorkerDeployment({ namespace, deploymentName }),
  );
  return answer?.workerDeploymentInfo ?? undefined;
}

/** How an open run moves between versions, in the index of runs: as its workflow declares, or as an operator has set it for the run. */
export type IndexedBehavior = 'Pinned' | 'AutoUpgrade';

/** Returns a version as the index of runs has it. */
export const indexedVersion = ({ deploymentName, buildId }: WorkerDeploymentVersion): string =>
  `${deploymentName}:${buildId}`;

/** Returns the version that a run of a list is pinned to; null if it moves between versions, undefined if it is not versioned. */
export function indexedPin(
  attributes: { indexedFields?: unknown } | null | undefined,
): string | null | undefined {
  const fields = (attributes?.indexedFields ?? {}) as Partial<Record<string, Payload>>;
  const read = (name: string): unknown => {
    const field = fields[name];
    return field && defaultPayloadConverter.fromPayload(field);
  };
  const behavior = read('TemporalWorkflowVersioningBehavior');
  if (typeof behavior !== 'string') return undefined;
  return behavior === ('Pinned' satisfies IndexedBehavior)
    ? String(read('TemporalWorkerDeploymentVersion'))
    : null;
}

/** Returns the condition of open runs whose last step was on a version, or that an operator has moved to it. */
export function openRunsOn(
  version: WorkerDeploymentVersion,
  behavior: IndexedBehavior,
  types: readonly string[] = [],
): Condition {
  return Condition.all([
    Condition.isOneOf('TemporalWorkerDeploymentVersion', [indexedVersion(version)]),
    Condition.isOneOf('TemporalWorkflowVersioningBehavior', [behavior]),
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    ...(types.length > 0 ? [Condition.isOneOf('WorkflowType', types)] : []),
  ]);
}

async function countRuns(client: Client, condition: Condition): Promise<number> {
  return (await client.workflow.count(condition.toString())).count;
}

const stateOf = (status: unknown): VersionState => states.get(status) ?? 'inactive';

function dateOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): Date | undefined {
  const seconds = Number(time?.seconds ?? 0);
  return seconds === 0 ? undefined : new Date(seconds * 1_000);
}
