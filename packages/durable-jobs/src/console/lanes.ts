import type { Client } from '@temporalio/client';
import { taskKindsOf } from '../engine/declared-queues.ts';
import { describeTaskQueue, isFresh, versionOfPoller, type TaskKind } from '../engine/task-queues.ts';

/** A worker that polls a task queue, or did so until recently. */
export interface Poller {
  worker: string;
  /** Its build id, if it is versioned. */
  version?: string;
  lastSeenAt: Date | null;
  /** Whether it polls at present. */
  isPolling: boolean;
}

/** One kind of tasks of a task queue. */
export interface Lane {
  queue: string;
  kind: TaskKind;
  /** Tasks that wait for a worker, approximately. */
  waiting: number;
  pollers: Poller[];
}

/** Returns who polls each of these task queues, and what waits there. */
export async function readLanes(client: Client, queues: readonly string[]): Promise<Lane[]> {
  return Promise.all(
    queues.flatMap((queue) => taskKindsOf(queue).map((kind) => readLane(client, queue, kind))),
  );
}

async function readLane(client: Client, queue: string, kind: TaskKind): Promise<Lane> {
  const { stats, pollers } = await describeTaskQueue(client, queue, kind);
  return {
    queue,
    kind,
    waiting: Number(stats?.approximateBacklogCount ?? 0),
    pollers: pollers
      .map((poller): Poller => {
        const { identity, lastAccessTime } = poller;
        const version = versionOfPoller(poller);
        return {
          worker: identity ?? '',
          ...(version && { version: version.buildId }),
          lastSeenAt: lastAccessTime ? new Date(Number(lastAccessTime.seconds ?? 0) * 1_000) : null,
          isPolling: isFresh(poller),
        };
      })
      .toSorted((a, b) => (a.worker < b.worker ? -1 : 1)),
  };
}
