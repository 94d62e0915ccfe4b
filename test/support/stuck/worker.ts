import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Service } from '../service.ts';
import { stuckActivities } from './activities.ts';

/** Runs a worker of the queue `jobs` whose jobs get stuck; `changed` runs other code for the same jobs. */
export async function startStuckWorker(
  service: Service,
  { changed = false }: { changed?: boolean } = {},
): Promise<{ stop: () => Promise<void> }> {
  const connection = await NativeConnection.connect({ address: service.temporalAddress });
  const file = changed ? './changed-workflows.ts' : './workflows.ts';
  const worker = await Worker.create({
    connection,
    namespace: service.namespace,
    taskQueue: 'jobs',
    identity: 'a worker of this test',
    workflowsPath: fileURLToPath(new URL(file, import.meta.url)),
    activities: stuckActivities,
    // So that a running activity occupies the only slot.
    maxConcurrentActivityTaskExecutions: 1,
    maxCachedWorkflows: 0,
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
