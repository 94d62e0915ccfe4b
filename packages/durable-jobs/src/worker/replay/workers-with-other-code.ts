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

/**
 * Returns the names of the workers that run workflows of a queue on code other than this worker's. The engine lists a worker for a while after
 * its end: those that have not polled for longer than a poll lasts, and those of this host whose process is gone, are left out.
 */
export async function workersWithOtherCode(
  client: Client,
  taskQueue: string,
  { buildId, host = hostname(), isOtherProcess = isOtherRunningProcess }: OwnCode,
): Promise<string[]> {
  const { pollers } = await describeTaskQueue(client, taskQueue, 'workflow');
  return pollers
    .filter((poller) => isFresh(poller) && poller.workerVersionCapabilities?.buildId !== buildId)
    .map(({ identity }) => identity ?? '')
    .filter((identity) => {
      const [, pid, on] = /^(\d+)@(.+)$/.exec(identity) ?? [];
      return on !== host || isOtherProcess(Number(pid));
    });
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
