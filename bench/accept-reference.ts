/**
 * The bare Express routes that `npm run bench:accept` compares the API with: one inserts the rows of an order, the other starts a workflow.
 * `accept-reference.ts <database URL> <port> <engine's address> <task queue>`.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import express from 'express';
import pg from 'pg';
import { insertOrder, type Order } from './order-rows.ts';
import type { threeActivities } from './raw-workflow.ts';

const [url, port, address = '', taskQueue = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 10 });
const app = express();
app.post('/orders', express.json(), async (request, response) => {
  const id = randomUUID();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await insertOrder(client, id, request.body as Order);
    // As the library's, but that nobody makes it.
    await client.query(
      `INSERT INTO durable_jobs.outbox (job_type, job_id, input, next_attempt_at) VALUES ('processOrder', $1, $2, '2199-01-01')`,
      [`process-order:${id}`, JSON.stringify({ orderId: id })],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  response.status(201).json({ id });
});
const { workflow } = new Client({ connection: await Connection.connect({ address }) });
app.post('/starts', express.json(), async (_request, response) => {
  const id = randomUUID();
  await workflow.start<typeof threeActivities>('threeActivities', { workflowId: id, taskQueue, args: [] });
  response.status(201).json({ id });
});
app.listen(Number(port), '127.0.0.1');
