import { adjustStock as declared } from '../../contracts/work-items.ts';
import type { Trx } from '../../domain/database/schema.ts';
import { defineWorkItem } from 'durable-jobs/define';
import { WorkError } from 'durable-jobs/work-queue';

/** Maximum stock level; `PUT /api/stock/:sku` has the same limit. */
const MAX_LEVEL = 1_000_000_000;

/** Changes a stock level, and records the change in the ledger under the item's id. */
export const adjustStock = defineWorkItem({
  ...declared,
  async apply(trx: Trx, { sku, delta, reason }, { workItemId }) {
    const level = await trx
      .selectFrom('stockLevels')
      .select('available')
      .where('sku', '=', sku)
      .forUpdate()
      .executeTakeFirst();
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
    await trx.updateTable('stockLevels').set({ available }).where('sku', '=', sku).execute();
    await trx
      .insertInto('stockLedger')
      .values({ workItemId, sku, delta, levelAfter: available, reason })
      .execute();
    return { available };
  },
});
