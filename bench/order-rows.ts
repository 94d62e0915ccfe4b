import type pg from 'pg';

/** The body of a request that places an order. */
export interface Order {
  userId: string;
  currency: string;
  items: { sku: string; quantity: number; unitAmount: number }[];
  paymentMethod: string;
}

/** Inserts the rows of an order that a request of the service inserts, in the transaction of the client. */
export async function insertOrder(
  client: pg.ClientBase,
  id: string,
  { userId, currency, items, paymentMethod }: Order,
): Promise<void> {
  await client.query('INSERT INTO orders (id, user_id, currency, amount_minor) VALUES ($1, $2, $3, 500)', [
    id,
    userId,
    currency,
  ]);
  for (const [line, { sku, quantity, unitAmount }] of items.entries())
    await client.query('INSERT INTO order_items VALUES ($1, $2, $3, $4, $5)', [
      id,
      line + 1,
      sku,
      quantity,
      unitAmount,
    ]);
  await client.query(
    'INSERT INTO order_payment_methods (order_id, revision, payment_method) VALUES ($1, 1, $2)',
    [id, paymentMethod],
  );
}
