/** Graphile Worker with its local queue and batched completion. */
import { run } from 'graphile-worker';
import { apply, type Item } from '../effect.ts';
import { servePeer } from './peer.ts';

const ADD_ALL = `
  SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
    SELECT json_populate_record(NULL::graphile_worker.job_spec, json_build_object('identifier', 'adjust', 'payload', item))
    FROM json_array_elements($1::json) AS item))`;

await servePeer(async ({ databaseUrl, concurrency }, pool) => {
  const runner = await run({
    preset: {
      worker: {
        connectionString: databaseUrl,
        concurrentJobs: concurrency,
        maxPoolSize: concurrency + 5,
        // Its documentation recommends at least one more than jobs at a time, and more for fast tasks.
        localQueue: { size: 10 * concurrency },
        // 0 batches what ends in the same turn of the event loop, and adds no wait to a single item.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    noHandleSignals: true,
    taskList: { adjust: (payload) => apply(pool, payload as Item) },
  });
  return {
    addAll: async (items) => {
      await pool.query(ADD_ALL, [JSON.stringify(items)]);
    },
    addOne: async (client, item) => {
      await client.query(`SELECT graphile_worker.add_job('adjust', $1::json)`, [JSON.stringify(item)]);
      return undefined;
    },
    isDone: async () => {
      // It deletes what has completed. Failed ones are kept, with the error.
      const { rows } = await pool.query('SELECT FROM graphile_worker.jobs LIMIT 1');
      return rows.length === 0;
    },
    close: () => runner.stop(),
  };
});
