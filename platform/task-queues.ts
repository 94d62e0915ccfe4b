import type { Client } from '@temporalio/client';
import type { TaskQueueName } from '../contracts/names.ts';

/** temporal.api.enums.v1.TaskQueueType; the client package does not export it. */
const taskQueueTypes = { workflow: 1, activity: 2 } as const;

/** What a task queue holds tasks of: each kind is polled by itself. */
export type TaskKind = keyof typeof taskQueueTypes;

/** What the engine knows of one kind of tasks of a queue: who polls it, and how much waits in it. */
export async function describeTaskQueue(client: Client, queue: TaskQueueName, kind: TaskKind) {
  return client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its enum is in a package of the SDK's own
    taskQueueType: taskQueueTypes[kind],
    reportStats: true,
  });
}
