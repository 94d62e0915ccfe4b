import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertOrder } from '../../domain/orders/orders.ts';
import {
  findStockLevel,
  lockStockLevel,
  OutOfStockError,
  reserveStock,
  setStockLevel,
} from '../../domain/orders/stock.ts';
import { holdRows, untilLocksAreAwaited } from '../support/hold-rows.ts';
import { seedUser } from '../support/seed-shop.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
let userId: string;
beforeAll(async () => {
  userId = await seedUser(service.db, new Date());
});
beforeEach(async () => {
  await service.db.deleteFrom('stockLevels').execute();
});

/** Adds a paid order of one piece for each of the SKUs, and returns its id. */
async function paidOrder(...skus: string[]): Promise<string> {
  const items = skus.map((sku) => ({ sku, quantity: 1, unitAmountMinor: 450 }));
  const order = await service.db
    .transaction()
    .execute((trx) =>
      insertOrder(trx, { userId, currency: 'eur', items, amountMinor: 450, paymentMethod: 'pm_card_visa' }),
    );
  const id = order?.id ?? '';
  await service.db
    .updateTable('orders')
    .set({ status: 'paid', paidAt: new Date() })
    .where('id', '=', id)
    .execute();
  return id;
}
const reserve = (orderId: string): Promise<void> => reserveStock(service.db, orderId);
const read = async (orderId: string) => ({
  status: (
    await service.db.selectFrom('orders').select('status').where('id', '=', orderId).executeTakeFirstOrThrow()
  ).status,
  reserved: (
    await service.db
      .selectFrom('stockReservations')
      .select('sku')
      .where('orderId', '=', orderId)
      .orderBy('sku')
      .execute()
  ).map(({ sku }) => sku),
});

describe('the stock of a paid order', () => {
  it('is taken as a whole or not at all, and the error names the first SKU that ran out', async () => {
    for (const [sku, level] of [
      ['a', 5],
      ['b', 0],
      ['c', 0],
    ] as const)
      await setStockLevel(service.db, sku, level);
    const order = await paidOrder('c', 'made-to-order', 'b', 'a');
    await expect(reserve(order)).rejects.toThrow(new OutOfStockError('b: 1 ordered, 0 in stock'));
    expect(await read(order)).toEqual({ status: 'paid', reserved: [] });
    expect(await findStockLevel(service.db, 'a')).toBe(5);
  });

  it('goes to one of two orders of the last piece, even if both are processed at once', async () => {
    await setStockLevel(service.db, 'last', 1);
    const orders = [await paidOrder('last'), await paidOrder('last')];
    const release = await holdRows(service.db, (trx) => lockStockLevel(trx, 'last'));
    const reserving = orders.map(reserve);
    try {
      await untilLocksAreAwaited(service.db, 2);
    } finally {
      await release();
    }
    const results = await Promise.allSettled(reserving);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: new OutOfStockError('last: 1 ordered, 0 in stock'),
    });
    expect(await findStockLevel(service.db, 'last')).toBe(0);
    expect((await Promise.all(orders.map(read))).map(({ status }) => status).toSorted()).toEqual([
      'completed',
      'paid',
    ]);
  });

  it('is locked in the same order, whatever the order of the lines', async () => {
    await setStockLevel(service.db, 'x', 100);
    await setStockLevel(service.db, 'y', 100);
    const orders = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? paidOrder('x', 'y') : paidOrder('y', 'x'))),
    );
    await Promise.all(orders.map(reserve));
    expect([await findStockLevel(service.db, 'x'), await findStockLevel(service.db, 'y')]).toEqual([90, 90]);
  });

  it('is not taken of a SKU whose level was set while the others were compared', async () => {
    await setStockLevel(service.db, 'a', 5);
    const order = await paidOrder('a', 'b');
    const release = await holdRows(service.db, (trx) => lockStockLevel(trx, 'a'));
    const reserving = reserve(order);
    try {
      await untilLocksAreAwaited(service.db, 1);
      await setStockLevel(service.db, 'b', 0);
    } finally {
      await release();
    }
    await reserving;
    expect(await read(order)).toEqual({ status: 'completed', reserved: ['a', 'b'] });
    expect([await findStockLevel(service.db, 'a'), await findStockLevel(service.db, 'b')]).toEqual([4, 0]);
  });
});
