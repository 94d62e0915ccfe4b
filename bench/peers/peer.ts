/** What every reference of the benchmarks has in common: the routes by which a benchmark drives its process. */
import { randomUUID } from 'node:crypto';
import express from 'express';
import pg from 'pg';
import { itemsOf, skuOf, type Item } from '../effect.ts';
import { insertOrder, type Order } from '../order-rows.ts';

/** A reference, which processes items in this process. */
export interface Peer {
  /** Adds items in bulk, in the fastest way that it documents. Resolves when they are durable. */
  addAll: (items: readonly Item[]) => Promise<void>;
  /**
   * Adds one item. `client` has an open transaction with rows of the caller, which is committed afterwards; a reference that cannot take part
   * in it returns a function that adds the item after the commit.
   */
  addOne: (client: pg.PoolClient, item: Item) => Promise<(() => Promise<void>) | undefined>;
  /** Whether no item is waiting or in progress. */
  isDone: () => Promise<boolean>;
  close: () => Promise<void>;
}

/** What a reference is started with. */
export interface PeerOptions {
  /** The database of its own tables and of the effects. */
  databaseUrl: string;
  /** For references that use Redis. */
  redisPort: number;
  /** Items that it processes at a time. */
  concurrency: number;
}

/** Runs a function in a transaction. */
export async function inTransaction<T>(
  pool: pg.Pool,
  run: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** Runs a reference until this process is told to stop: `<file> <database URL> <port> <concurrency> <Redis port>`. */
export async function servePeer(
  start: (options: PeerOptions, pool: pg.Pool) => Promise<Peer>,
): Promise<void> {
  const [databaseUrl = '', port, concurrency, redisPort] = process.argv.slice(2);
  const options = { databaseUrl, concurrency: Number(concurrency), redisPort: Number(redisPort) };
  // As many connections for effects and requests as the service's worker and its API have.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: options.concurrency + 5 });
  const peer = await start(options, pool);
  let placed = 0;
  const app = express();
  app.post('/items', async (request, response) => {
    const count = Number(request.query.count);
    await peer.addAll(itemsOf(count));
    response.status(201).json({ count });
  });
  app.get('/done', async (_request, response) => {
    response.json({ done: await peer.isDone() });
  });
  app.post('/orders', express.json(), async (request, response) => {
    const id = randomUUID();
    const addLater = await inTransaction(pool, async (client) => {
      await insertOrder(client, id, request.body as Order);
      return peer.addOne(client, { id, sku: skuOf(placed++) });
    });
    await addLater?.();
    response.status(201).json({ id });
  });
  const server = app.listen(Number(port), '127.0.0.1');
  const stop = async (): Promise<void> => {
    server.close();
    await peer.close();
    await pool.end();
    process.exit();
  };
  process.once('SIGTERM', () => void stop());
}
