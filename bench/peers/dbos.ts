/** DBOS Transact: a queued workflow of one step, which makes the effect. */
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import { apply, type Item } from '../effect.ts';
import { inTransaction, servePeer } from './peer.ts';

const QUEUE = 'adjust';
const NAME = 'durable-jobs-bench';
/** Between two looks at the queue; 1,000 by default. */
const POLL_MS = 10;

await servePeer(async ({ databaseUrl, concurrency }, pool) => {
  const version = '1';
  DBOS.setConfig({
    name: NAME,
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: concurrency + 5,
    applicationVersion: version,
    logLevel: 'warn',
  });
  DBOS.registerWorkflow(
    async (item: Item) => {
      await DBOS.runStep(() => apply(pool, item), { name: 'apply' });
    },
    { name: 'adjust' },
  );
  await DBOS.launch();
  await DBOS.registerQueue(QUEUE, { workerConcurrency: concurrency, minPollingIntervalMs: POLL_MS });
  const client = await DBOSClient.create({ systemDatabaseUrl: databaseUrl, applicationName: NAME });
  const options = { queueName: QUEUE, workflowName: 'adjust', appVersion: version };
  return {
    addAll: (items) =>
      inTransaction(pool, async (connection) => {
        for (const item of items)
          await client.enqueueInTransaction(connection, { ...options, workflowID: item.id }, item);
      }),
    addOne: async (connection, item) => {
      await client.enqueueInTransaction(connection, { ...options, workflowID: item.id }, item);
      return undefined;
    },
    isDone: async () => {
      const { rows } = await pool.query(
        `SELECT FROM dbos.workflow_status WHERE status <> 'SUCCESS' AND queue_name = $1 LIMIT 1`,
        [QUEUE],
      );
      return rows.length === 0;
    },
    close: async () => {
      await client.destroy();
      await DBOS.shutdown();
    },
  };
});
