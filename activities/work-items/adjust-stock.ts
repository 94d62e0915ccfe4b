import { adjustStock as declared } from '../../contracts/work-items.ts';
import type { Trx } from '../../domain/database/schema.ts';
import { lockStockLevel } from '../../domain/orders/stock.ts';
import { defineWorkItem } from 'durable-jobs/define';
import { WorkError } from 'durable-jobs/work-queue';
import { sql } from 'kysely';

/** Maximum stock level; `PUT /api/stock/:sku` has the same limit. */
const MAX_LEVEL = 1_000_000_000;

/** Changes a stock level, and records the change in the ledger under the item's id. */
export const adjustStock = defineWorkItem({
  ...declared,
  async apply(trx: Trx, { sku, delta, reason }, { workItemId }) {
    const level = sql<number>`available + ${delta}`;
    for (;;) {
      const changed = await trx
        .with('changed', (qb) =>
          qb
            .updateTable('stockLevels')
            .set({ available: level })
            .where('sku', '=', sku)
            .where(level, '>=', 0)
            .where(level, '<=', MAX_LEVEL)
            .returning('available'),
        )
        .insertInto('stockLedger')
        .columns(['workItemId', 'sku', 'delta', 'levelAfter', 'reason'])
        .expression((eb) =>
          eb
            .selectFrom('changed')
            .select([
              sql<string>`${workItemId}::uuid`.as('workItemId'),
              eb.val(sku).as('sku'),
              sql<number>`${delta}::integer`.as('delta'),
              'available',
              eb.val(reason).as('reason'),
            ]),
        )
        .returning('levelAfter as available')
        .executeTakeFirst();
      if (changed) return changed;
      // The level may have changed since.
      await refuseUnlessPossible(trx, sku, delta);
    }
  },
});

/** @throws {WorkError} if a level cannot be changed. */
async function refuseUnlessPossible(trx: Trx, sku: string, delta: number): Promise<void> {
  const level = await lockStockLevel(trx, sku);
  if (!level) {
    throw new WorkError('unknown_sku', `${sku} has no stock level: it is made to order.`, {
      permanent: true,
    });
  }
  const available = level.available + delta;
  if (available < 0) {
    throw new WorkError('below_zero', `${sku}: ${level.available} in stock, ${-delta} to be removed.`, {
      permanent: true,
    });
  }
  if (available > MAX_LEVEL) {
    throw new WorkError('above_maximum', `${sku}: ${level.available} in stock, ${delta} to be added.`, {
      permanent: true,
    });
  }
}
