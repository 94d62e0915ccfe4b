import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { adjustStock } from '../../contracts/work-items.ts';
import type { Db } from '../../domain/database/schema.ts';
import type { WorkItem } from '../../packages/durable-jobs/src/work-queue/rows.ts';
import { enqueueWork, type EnqueueOptions } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { eventually } from './jobs.ts';
import { seedOrder, seedUser } from './seed-shop.ts';

/** Creates a new SKU with a stock level. */
export async function stockedSku(db: Db, available: number): Promise<string> {
  const sku = `sku-${randomUUID()}`;
  await db.insertInto('stockLevels').values({ sku, available }).execute();
  return sku;
}

/** Enqueues a change of a stock level, and returns the item's id. */
export async function enqueueAdjustment(
  db: Db,
  sku: string,
  delta: number,
  options?: EnqueueOptions,
): Promise<string> {
  const { item } = await enqueueWork(db, adjustStock, { sku, delta, reason: 'delivery' }, options);
  return item.id;
}

/** Enqueues this number of adjustments by one, as a program does that writes SQL. */
export async function enqueueMany(db: Db, sku: string, count: number): Promise<void> {
  const payload = JSON.stringify({ sku, delta: 1, reason: 'delivery' });
  await db
    .insertInto('workItems')
    .values(Array.from({ length: count }, () => ({ kind: 'adjust-stock', payload })))
    .execute();
}

/** Returns an item's row. */
export function readWorkItem(db: Db, id: string): Promise<WorkItem> {
  return db.selectFrom('workItems').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** Waits until an item has a status, and returns it. */
export function workItemWithStatus(db: Db, id: string, status: WorkItem['status']): Promise<WorkItem> {
  return eventually(async () => {
    const item = await readWorkItem(db, id);
    expect(item).toMatchObject({ status });
    return item;
  });
}

/** The effects on a SKU: its level, and the rows of its ledger. */
export async function stockOf(
  db: Db,
  sku: string,
): Promise<{ available: number; entries: number; sum: number }> {
  const { available } = await db
    .selectFrom('stockLevels')
    .select('available')
    .where('sku', '=', sku)
    .executeTakeFirstOrThrow();
  const { entries, sum } = await db
    .selectFrom('stockLedger')
    .select((eb) => [
      eb.fn.countAll<number>().as('entries'),
      eb.fn.coalesce(eb.fn.sum<number>('delta'), eb.lit(0)).as('sum'),
    ])
    .where('sku', '=', sku)
    .executeTakeFirstOrThrow();
  return { available, entries, sum };
}

/** Creates an order with two lines that total EUR 21.00, completed unless the status says otherwise. */
export async function invoiceableOrder(
  db: Db,
  status: 'completed' | 'pending' | 'cancelled' = 'completed',
): Promise<string> {
  const paid = status === 'completed';
  const id = await seedOrder(db, {
    userId: await seedUser(db, new Date()),
    amountMinor: 2_100,
    status,
    paidAt: paid ? new Date() : null,
  });
  await db
    .insertInto('orderItems')
    .values([
      { orderId: id, line: 1, sku: 'tea', quantity: 2, unitAmountMinor: 450 },
      { orderId: id, line: 2, sku: 'cup<1>', quantity: 1, unitAmountMinor: 1_200 },
    ])
    .execute();
  return id;
}
