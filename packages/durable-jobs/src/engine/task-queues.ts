import type { Client } from '@temporalio/client';

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

/** The pollers of a queue. */
export interface Pollers {
  /** Whether a worker polls it at present. */
  isPolled: boolean;
  /** When a worker last polled; null if none did within the last minutes. */
  lastSeenAt: Date | null;
}

/** A poll lasts up to a minute on the server; a poller that is silent for longer is gone. */
const POLLER_FRESH_MS = 75_000;

/** A poller in the engine's description of a queue. */
type Poller = Awaited<ReturnType<typeof describeTaskQueue>>['pollers'][number];

/** Whether a poller has polled so recently that its worker may run. */
export function isFresh(poller: Pick<Poller, 'lastAccessTime'>): boolean {
  return Date.now() - lastPollOf(poller) <= POLLER_FRESH_MS;
}

/** When a poller last polled, in milliseconds since the epoch. */
function lastPollOf({ lastAccessTime }: Pick<Poller, 'lastAccessTime'>): number {
  return Number(lastAccessTime?.seconds ?? 0) * 1_000;
}

/** Returns whether a worker polls a queue. The engine still lists a dead worker until its last poll ends. */
export async function readPollers(client: Client, queue: string, kind: TaskKind): Promise<Pollers> {
  const { pollers } = await describeTaskQueue(client, queue, kind);
  const newest = Math.max(0, ...pollers.map(lastPollOf));
  return {
    isPolled: pollers.some(isFresh),
    lastSeenAt: newest === 0 ? null : new Date(newest),
  };
}
