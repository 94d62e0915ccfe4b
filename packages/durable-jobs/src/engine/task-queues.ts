import type { Client } from '@temporalio/client';

/** temporal.api.enums.v1.TaskQueueType; the client package does not export it. */
const taskQueueTypes = { workflow: 1, activity: 2 } as const;

/** What a task queue holds tasks of: each kind is polled by itself. */
export type TaskKind = keyof typeof taskQueueTypes;

/** The client tries a call again for as long as it may: one that nobody waits for any more would go on. */
export const ENGINE_CALL_MS = 5_000;

/** What the engine knows of one kind of tasks of a queue: who polls it, and how much waits in it. */
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

/** Who takes tasks from a queue. */
export interface Pollers {
  /** Whether some worker does at present. */
  isPolled: boolean;
  /** When one was heard of last; null if none was in the last minutes. */
  lastSeenAt: Date | null;
}

/** A poll lasts for up to a minute on the server; a poller that was not heard of for longer is gone. */
export const POLLER_FRESH_MS = 75_000;

/** Asks the engine whether some worker polls a queue. It goes on naming one that is gone for the length of its poll. */
export async function readPollers(client: Client, queue: string, kind: TaskKind): Promise<Pollers> {
  const { pollers } = await describeTaskQueue(client, queue, kind);
  const newest = Math.max(0, ...pollers.map((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1000));
  return {
    isPolled: Date.now() - newest <= POLLER_FRESH_MS,
    lastSeenAt: newest === 0 ? null : new Date(newest),
  };
}
