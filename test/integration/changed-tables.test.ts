import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { registerUser } from '../support/job-actions.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

/** Places orders, several at once, and returns the statuses of the answers. */
async function placeOrders(userId: string, count: number): Promise<number[]> {
  const body = {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
    paymentMethod: 'pm_card_visa',
  };
  const answers = await Promise.all(
    Array.from({ length: count }, () => service.request('POST', '/api/orders', body)),
  );
  return answers.map(({ status }) => status);
}

it('accepts requests whose statements were prepared before their table got another column, as during an upgrade', async () => {
  const { id: userId } = await registerUser(service);
  // Enough for each connection to have prepared its statements.
  for (let round = 0; round < 5; round++) expect(await placeOrders(userId, 40)).toEqual(Array(40).fill(201));
  await sql`ALTER TABLE orders ADD COLUMN added_later text`.execute(service.db);
  expect(await placeOrders(userId, 40)).toEqual(Array(40).fill(201));
});
