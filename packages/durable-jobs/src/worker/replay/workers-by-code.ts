import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { describeTaskQueue, isFresh } from '../../engine/task-queues.ts';

/** What tells the workers of a queue from this one. */
export interface OwnCode {
  /** The build id of this worker's workflows. */
  buildId: string;
  host?: string;
  /** Whether a process of this host is another one, and runs. */
  isOtherProcess?: (pid: number) => boolean;
}

/** The names of the workers that run the workflows of a queue. */
export interface WorkersByCode {
  /** They run other code than this worker. */
  other: string[];
  /** They run the same code. */
  same: string[];
}

/**
 * Returns the workers that run workflows of a queue. The engine lists a worker for a while after its end: those that have not polled for
 * longer than a poll lasts, and those of this host whose process is gone, are left out.
 */
export async function workersByCode(
  client: Client,
  taskQueue: string,
  { buildId, host = hostname(), isOtherProcess = isOtherRunningProcess }: OwnCode,
): Promise<WorkersByCode> {
  const { pollers } = await describeTaskQueue(client, taskQueue, 'workflow');
  const running = pollers.filter((poller) => {
    const [, pid, on] = /^(\d+)@(.+)$/.exec(poller.identity ?? '') ?? [];
    return isFresh(poller) && (on !== host || isOtherProcess(Number(pid)));
  });
  const hasSameCode = (poller: (typeof pollers)[number]): boolean =>
    poller.workerVersionCapabilities?.buildId === buildId;
  const names = (some: typeof pollers): string[] => some.map(({ identity }) => identity ?? '');
  return {
    other: names(running.filter((poller) => !hasSameCode(poller))),
    same: names(running.filter(hasSameCode)),
  };
}

function isOtherRunningProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs, and belongs to another user.
    return error instanceof Error && (error as { code?: unknown }).code === 'EPERM';
  }
}
