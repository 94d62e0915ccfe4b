/** pg-boss, used so that an item's effect and its completion are one transaction: fetched in batches, completed on the effect's connection. */
import PgBoss from 'pg-boss';
import type pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { apply, type Item } from '../effect.ts';
import { inTransaction, servePeer } from './peer.ts';

const QUEUE = 'adjust';
/** Items that a slot fetches at a time. */
const BATCH = 5;
/** Between two looks at an empty queue; its own workers wait at least 500 ms. */
const POLL_MS = 50;

await servePeer(async ({ databaseUrl, concurrency }, pool) => {
  const boss = new PgBoss({ connectionString: databaseUrl, max: concurrency + 5 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  let stopping = false;
  const slot = async (): Promise<void> => {
    while (!stopping) {
      const jobs = await boss.fetch<Item>(QUEUE, { batchSize: BATCH });
      for (const job of jobs)
        await inTransaction(pool, async (client) => {
          await apply(client, job.data);
          await boss.complete(QUEUE, job.id, { db: executor(client) });
        });
      if (jobs.length === 0) await delay(POLL_MS);
    }
  };
  const slots = Promise.all(Array.from({ length: concurrency }, slot));
  return {
    addAll: (items) => boss.insert(items.map((data) => ({ name: QUEUE, data }))),
    addOne: async (client, item) => {
      await boss.send(QUEUE, item, { db: executor(client) });
      return undefined;
    },
    isDone: async () => {
      const { rows } = await pool.query(
        `SELECT FROM pgboss.job WHERE name = $1 AND state <> 'completed' LIMIT 1`,
        [QUEUE],
      );
      return rows.length === 0;
    },
    close: async () => {
      stopping = true;
      await slots;
      await boss.stop({ graceful: false, wait: false });
    },
  };
});

/** Lets pg-boss use the connection of a transaction. */
function executor(client: pg.ClientBase): PgBoss.Db {
  return { executeSql: (text, values) => client.query(text, values) };
}
