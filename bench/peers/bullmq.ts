/** BullMQ on Redis, which writes each command to the disk (`appendfsync always`). */
import { Queue, Worker } from 'bullmq';
import { apply, type Item } from '../effect.ts';
import { servePeer } from './peer.ts';

const QUEUE = 'adjust';
/** Items that one call adds. */
const BATCH = 1_000;

await servePeer(async ({ redisPort, concurrency }, pool) => {
  const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
  const queue = new Queue<Item>(QUEUE, {
    connection,
    defaultJobOptions: { removeOnComplete: true, attempts: 3 },
  });
  const worker = new Worker<Item>(QUEUE, (job) => apply(pool, job.data), { connection, concurrency });
  worker.on('error', (error) => console.error(error));
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  return {
    addAll: async (items) => {
      for (let from = 0; from < items.length; from += BATCH)
        await queue.addBulk(items.slice(from, from + BATCH).map((data) => ({ name: 'adjust', data })));
    },
    // Redis cannot take part in a transaction of PostgreSQL.
    addOne: async (_client, item) => async () => {
      await queue.add('adjust', item);
    },
    isDone: async () => {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed');
      return Object.values(counts).every((count) => count === 0);
    },
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
});
