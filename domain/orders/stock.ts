import { sql } from 'kysely';
import type { Db } from '../database/schema.ts';

/** A SKU of which an order wants more than there is. */
export class OutOfStockError extends Error {
  override readonly name = 'OutOfStockError';
}

/**
 * Takes a paid order's items out of the stock, all or none, and completes the order in the same transaction. Repeating
 * it changes nothing: the order is completed by then. SKUs without a stock level are made to order.
 * @throws {OutOfStockError} naming the SKU that ran out.
 * @throws {Error} if the order is neither paid nor completed: its money goes back, or is not there.
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
    const wanted = await trx
      .selectFrom('orderItems')
      .select(['sku', sql<number>`sum(quantity)::int`.as('quantity')])
      .where('orderId', '=', orderId)
      .groupBy('sku')
      // One order for everybody, so that two orders of the same SKUs can't wait for each other.
      .orderBy('sku')
      .execute();
    for (const { sku, quantity } of wanted) {
      await trx.insertInto('stockReservations').values({ orderId, sku, quantity }).execute();
      const level = await trx
        .selectFrom('stockLevels')
        .select('available')
        .where('sku', '=', sku)
        .forUpdate()
        .executeTakeFirst();
      if (!level) continue;
      if (level.available < quantity) {
        throw new OutOfStockError(`${sku}: ${quantity} ordered, ${level.available} in stock`);
      }
      await trx
        .updateTable('stockLevels')
        .set({ available: level.available - quantity })
        .where('sku', '=', sku)
        .execute();
    }
    await trx
      .updateTable('orders')
      .set({ status: 'completed', updatedAt: new Date() })
      .where('id', '=', orderId)
      .execute();
  });
}

/** Sets how many of a SKU there are, and from then on the SKU can run out. */
export async function setStockLevel(db: Db, sku: string, available: number): Promise<void> {
  await db
    .insertInto('stockLevels')
    .values({ sku, available })
    .onConflict((conflict) => conflict.column('sku').doUpdateSet({ available }))
    .execute();
}

/** How many of a SKU there are, or undefined if it is made to order. */
export async function findStockLevel(db: Db, sku: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('stockLevels')
    .select('available')
    .where('sku', '=', sku)
    .executeTakeFirst();
  return row?.available;
}
