import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** An item of work of a reference: a change of one stock level. `id` is the key of its effect. */
export interface Item {
  id: string;
  sku: string;
}

/** Stock levels that items change in turn. Items of one SKU wait for each other, as its level is one row. */
export const SKUS = 100;

/** Returns the SKU of the n-th item. */
export function skuOf(n: number): string {
  return `bench-${n % SKUS}`;
}

/** Creates items with new ids. */
export function itemsOf(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({ id: randomUUID(), sku: skuOf(index) }));
}

/** The effect of an item, as the work item `adjust-stock` makes it. A repetition changes nothing. */
const EFFECT = `
  WITH changed AS (
    UPDATE stock_levels SET available = available + 1
    WHERE sku = $2 AND available + 1 BETWEEN 0 AND 1000000000
      AND NOT EXISTS (SELECT FROM stock_ledger WHERE work_item_id = $1)
    RETURNING available)
  INSERT INTO stock_ledger (work_item_id, sku, delta, level_after, reason)
  SELECT $1, $2, 1, available, 'delivery' FROM changed
  RETURNING level_after`;

/** Makes the effect of an item, in the transaction of the client if it has one. */
export async function apply(client: pg.Pool | pg.ClientBase, { id, sku }: Item): Promise<void> {
  await client.query({ name: 'effect', text: EFFECT, values: [id, sku] });
}
