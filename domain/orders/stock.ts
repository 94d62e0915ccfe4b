import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';

/** A SKU of which an order requires more than there is. */
export class OutOfStockError extends Error {
  override readonly name = 'OutOfStockError';
}

/**
 * Takes a paid order's items out of stock, all or none, and completes the order in the same transaction. A repeat changes nothing, because
 * the order is already completed. SKUs without a stock level are made to order.
 * @throws {OutOfStockError} that names the SKU that ran out.
 * @throws {Error} if the order is neither paid nor completed: its money is being returned, or was not taken.
 */
export async function reserveStock(db: Db, orderId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const order = await trx
      .selectFrom('orders')
      .select('status')
      .where('id', '=', orderId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (order.status === 'completed') return;
    if (order.status !== 'paid') throw new Error(`the order is ${order.status}`);
    const { rows: levels } = await sql<{ sku: string; quantity: number; available: number }>`
      WITH wanted AS (
        SELECT sku, sum(quantity)::integer AS quantity FROM order_items WHERE order_id = ${orderId} GROUP BY sku
      ), reserved AS (
        INSERT INTO stock_reservations (order_id, sku, quantity) SELECT ${orderId}::uuid, sku, quantity FROM wanted)
      SELECT sku, quantity, available FROM wanted JOIN stock_levels AS level USING (sku)
      -- Always locked in the same order, so that two orders of the same SKUs cannot wait for each other.
      ORDER BY sku FOR UPDATE OF level`.execute(trx);
    for (const { sku, quantity, available } of levels) {
      if (available < quantity)
        throw new OutOfStockError(`${sku}: ${quantity} ordered, ${available} in stock`);
    }
    await sql`
      WITH taken AS (
        -- Only what was locked and compared: another level may have been set in the meantime.
        UPDATE stock_levels SET available = available - level.quantity
        FROM jsonb_to_recordset(${JSON.stringify(levels)}::jsonb) AS level(sku text, quantity integer)
        WHERE level.sku = stock_levels.sku)
      UPDATE orders SET status = 'completed', updated_at = ${new Date()} WHERE id = ${orderId}`.execute(trx);
  });
}

/** Locks the stock level of a SKU for the caller's transaction, and returns it; undefined if the SKU is made to order. */
export async function lockStockLevel(trx: Trx, sku: string): Promise<{ available: number } | undefined> {
  return trx
    .selectFrom('stockLevels')
    .select('available')
    .where('sku', '=', sku)
    .forUpdate()
    .executeTakeFirst();
}

/** Sets the stock level of a SKU. From then on, the SKU can run out. */
export async function setStockLevel(db: Db, sku: string, available: number): Promise<void> {
  await db
    .insertInto('stockLevels')
    .values({ sku, available })
    .onConflict((conflict) => conflict.column('sku').doUpdateSet({ available }))
    .execute();
}

/** Returns the stock level of a SKU; undefined if it is made to order. */
export async function findStockLevel(db: Db, sku: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('stockLevels')
    .select('available')
    .where('sku', '=', sku)
    .executeTakeFirst();
  return row?.available;
}
