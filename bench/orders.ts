import { Agent, request } from 'node:http';
import type pg from 'pg';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { apiKey } from './api-key.ts';
import { inParallel } from './in-parallel.ts';

/** Adds a user who can place orders. Returns the id. */
export async function addUser(database: pg.Client): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO users (email, name, password_hash) VALUES ('bench@example.com', 'bench', '') RETURNING id`,
  );
  return rows[0]?.id ?? '';
}

/** Returns the body of a request that places an order of this user. */
export function orderOf(userId: string): string {
  return JSON.stringify({
    userId,
    currency: 'eur',
    items: [{ sku: 'tea', quantity: 1, unitAmount: 500 }],
    paymentMethod: 'pm_card_visa',
  });
}

/** Posts JSON with the operators' key. Returns the status once the whole response has arrived. */
export function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

/** Places orders and waits until all of them are receipted. */
export async function runOrders(
  api: string,
  database: pg.ClientBase,
  options: { orders: number; clients: number; body: string; signal: AbortSignal },
): Promise<void> {
  const { orders, clients, body, signal } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const before = await receipts(database);
  try {
    await inParallel(orders, clients, async () => {
      signal.throwIfAborted();
      const status = await post(`${api}/api/orders`, body, agent);
      if (status !== 201) throw new Error(`the API responded with ${status}`);
    });
    await waitUntil(async () => (await receipts(database)) >= before + orders, {
      what: 'the receipts of all orders were not sent',
      timeoutMs: 600_000,
      signal,
    });
  } finally {
    agent.destroy();
  }
}

async function receipts(database: pg.ClientBase): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM emails WHERE template = 'order-receipt' AND status = 'sent'`,
  );
  return rows[0]?.count ?? 0;
}
