import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { taskKindsOf } from '../engine/declared-queues.ts';
import { readPollers } from '../engine/task-queues.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Wait before the first check: workers of other queues may start a moment later. */
const FIRST_CHECK_MS = 15_000;

const CHECK_MS = 300_000;

/**
 * Logs a warning for each task queue that no worker polls, until `signal` aborts: a release may add a queue that an explicit
 * `WORKER_TASK_QUEUES` lacks. A worker that serves every queue checks nothing. Never rejects.
 */
export async function warnOfUnpolledQueues(
  { client, logger }: { client: Client; logger: Logger },
  queues: { all: readonly string[]; served: readonly string[] },
  signal: AbortSignal,
  { firstCheckMs = FIRST_CHECK_MS } = {},
): Promise<void> {
  const others = queues.all.filter((queue) => !queues.served.includes(queue));
  if (others.length === 0) return;
  let waitMs = firstCheckMs;
  for (;;) {
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    waitMs = CHECK_MS;
    for (const queue of others) {
      try {
        const [kind = 'activity'] = taskKindsOf(queue);
        const { isPolled } = await readPollers(client, queue, kind);
        if (!isPolled) {
          logger.warn(
            { queue, workerTaskQueues: queues.served },
            `no worker polls the task queue ${queue}: its work waits. Add it to WORKER_TASK_QUEUES of a worker`,
          );
        }
      } catch (error) {
        logger.debug({ queue, error: errorMessage(error) }, 'the pollers of a task queue could not be read');
      }
    }
  }
}
