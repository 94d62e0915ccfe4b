import { type Agent, request } from 'node:http';
import type pg from 'pg';
import { apiKey } from './api-key.ts';

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
