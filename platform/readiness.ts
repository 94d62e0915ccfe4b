import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import { taskQueues, type TaskQueueName } from '../contracts/names.ts';
import type { Db } from './database/connect.ts';
import { errorMessage } from './errors.ts';

/** The answer of `/readyz`: every check, with the reason where one fails. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: true } | { ok: false; reason: string }>;
}

/** temporal.api.enums.v1.TaskQueueType; the client package does not export it. */
const taskQueueType = { workflow: 1, activity: 2 } as const;

/** What of a queue must be polled: workflow tasks where workflows run, activity tasks where only those do. */
const polledFor: Record<TaskQueueName, (typeof taskQueueType)[keyof typeof taskQueueType]> = {
  [taskQueues.jobs]: taskQueueType.workflow,
  [taskQueues.payments]: taskQueueType.activity,
};

/** A poll lasts for up to a minute on the server; a poller that was not heard of for longer is gone. */
const POLLER_FRESH_MS = 75_000;

/** Checks the database, the engine, and that somebody polls each of the task queues, each within `timeoutMs`. */
export async function checkReadiness(
  deps: { db: Db; client: Client },
  queues: readonly TaskQueueName[],
  timeoutMs: number,
): Promise<Readiness> {
  const names = ['database', 'engine', ...queues.map((queue) => `taskQueue:${queue}`)];
  const results = await Promise.all([
    check(timeoutMs, () => sql`select 1`.execute(deps.db)),
    check(timeoutMs, () =>
      deps.client.workflowService.describeNamespace({ namespace: deps.client.options.namespace }),
    ),
    ...queues.map((queue) => check(timeoutMs, () => requirePoller(deps.client, queue))),
  ]);
  return {
    ready: results.every((result) => result.ok),
    checks: Object.fromEntries(
      names.map((name, index) => [name, results[index] ?? { ok: false, reason: '' }]),
    ),
  };
}

async function requirePoller(client: Client, queue: TaskQueueName): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its enum is in a package of the SDK's own
    taskQueueType: polledFor[queue],
  });
  const newest = Math.max(0, ...pollers.map((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1000));
  if (Date.now() - newest > POLLER_FRESH_MS) throw new Error('no worker polls this task queue');
}

async function check(
  timeoutMs: number,
  run: () => Promise<unknown>,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      run(),
      new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      }),
    ]);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: errorMessage(error) };
  } finally {
    clearTimeout(timer);
  }
}
