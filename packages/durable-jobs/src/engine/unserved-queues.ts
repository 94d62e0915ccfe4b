import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { taskKindsOf } from './declared-queues.ts';
import { callAcrossRuns } from './between-runs.ts';
import { describeTaskQueue, isFresh, isOfVersion, type TaskKind } from './task-queues.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** What would become current, and what is compared with it. */
export interface Candidate {
  /** Absent for workers without a version. */
  version: WorkerDeploymentVersion | undefined;
  /** The application's task queues. */
  queues: readonly string[];
}

/**
 * Returns the task queues whose work would wait if a version became the current one: workers poll them, of any version or of none, or the
 * version itself once did, and no worker of the version polls them now. The engine compares what versions have polled at any time.
 */
export async function unservedQueues(client: Client, { version, queues }: Candidate): Promise<string[]> {
  const own = version ? await queuesOf(client, version) : [];
  const lanes = new Map<string, { queue: string; kind: TaskKind; isOwn: boolean }>();
  for (const queue of queues)
    for (const kind of taskKindsOf(queue)) lanes.set(`${kind}:${queue}`, { queue, kind, isOwn: false });
  for (const lane of own) lanes.set(`${lane.kind}:${lane.queue}`, { ...lane, isOwn: true });
  const unserved = await Promise.all(
    [...lanes.values()].map(async ({ queue, kind, isOwn }) => {
      const pollers = (await describeTaskQueue(client, queue, kind)).pollers.filter(isFresh);
      const isServed = pollers.some((poller) => isOfVersion(poller, version));
      return isServed || (pollers.length === 0 && !isOwn) ? [] : [queue];
    }),
  );
  return [...new Set(unserved.flat())].toSorted();
}

/** The task queues that workers of a version have polled at any time. */
async function queuesOf(
  client: Client,
  deploymentVersion: WorkerDeploymentVersion,
): Promise<{ queue: string; kind: TaskKind }[]> {
  const { namespace } = client.options;
  const answer = await callAcrossRuns(() =>
    client.workflowService.describeWorkerDeploymentVersion({ namespace, deploymentVersion }),
  );
  return (answer?.workerDeploymentVersionInfo?.taskQueueInfos ?? []).flatMap(({ name, type }) =>
    type === TaskQueueType.TASK_QUEUE_TYPE_NEXUS
      ? []
      : [
          {
            queue: name ?? '',
            kind: type === TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW ? 'workflow' : 'activity',
          },
        ],
  );
}
