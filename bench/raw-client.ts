import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import { startChild } from './child.ts';
import { itemsOf } from './effect.ts';
import { inParallel } from './in-parallel.ts';
import type { PartContext } from './part.ts';
import type { oneItem, oneLocalItem, threeActivities } from './raw-workflow.ts';

/** The task queue of the bare SDK's worker. */
export const RAW_QUEUE = 'bench-raw';

/** Workflows of items that are in progress at a time: more only wait in the engine. */
const ITEMS_AT_ONCE = 100;

/** The bare SDK, with a worker of its own on the stack's engine. */
export interface RawSdk {
  pid: number;
  /** Runs workflows of three activities that do nothing, all at once. */
  runWorkflows: (count: number) => Promise<void>;
  /** Runs workflows with one activity that makes the effect of an item. */
  runItems: (count: number) => Promise<void>;
  /** Runs a workflow with one local activity that makes the effect of an item. */
  runLocalItem: () => Promise<void>;
}

/** Starts a worker of the bare SDK. It is stopped after the part. */
export async function startRawSdk(
  { urls }: StackInfo,
  connections: number,
  { signal, onClose }: Pick<PartContext, 'signal' | 'onClose'>,
): Promise<RawSdk> {
  const connection = await Connection.connect({ address: urls.temporalAddress });
  onClose(() => connection.close());
  const worker = await startChild(
    'bench/raw-worker.ts',
    {
      name: 'bare-worker',
      args: [urls.temporalAddress, RAW_QUEUE, urls.database, String(connections)],
      env: process.env,
      // The first round, which is not counted, waits for it.
      isReady: () => true,
    },
    signal,
  );
  onClose(worker.stop);
  const { workflow } = new Client({ connection });
  const options = () => ({ taskQueue: RAW_QUEUE, workflowId: randomUUID() });
  return {
    pid: worker.pid,
    runWorkflows: (count) =>
      inParallel(count, count, async () => {
        await workflow.execute<typeof threeActivities>('threeActivities', { ...options(), args: [] });
      }),
    runItems: async (count) => {
      const items = itemsOf(count);
      await inParallel(count, ITEMS_AT_ONCE, async () => {
        const item = items.pop();
        if (item) await workflow.execute<typeof oneItem>('oneItem', { ...options(), args: [item] });
      });
    },
    runLocalItem: async () => {
      const [item] = itemsOf(1);
      if (item) await workflow.execute<typeof oneLocalItem>('oneLocalItem', { ...options(), args: [item] });
    },
  };
}
