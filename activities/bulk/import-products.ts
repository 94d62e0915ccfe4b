import { sql } from 'kysely';
import { importProducts as declared } from '../../contracts/bulk.ts';
import { defineBulkTask } from 'durable-jobs/define';

/**
 * Creates or updates products with one statement per chunk. If a SKU occurs more than once in a chunk, the last line counts; across chunks,
 * the line that is processed last.
 */
export const importProducts = defineBulkTask({
  ...declared,
  async apply(trx, items) {
    const bySku = new Map(items.map(({ item }) => [item.sku, item]));
    // Always in the same order, so that concurrent chunks never deadlock.
    const products = [...bySku.values()].sort((a, b) => (a.sku < b.sku ? -1 : 1));
    await sql`
      INSERT INTO products (sku, name, unit_amount_minor, currency)
      SELECT * FROM unnest(
        ${products.map(({ sku }) => sku)}::text[],
        ${products.map(({ name }) => name)}::text[],
        ${products.map(({ unitAmount }) => unitAmount)}::integer[],
        ${products.map(({ currency }) => currency)}::text[])
      ON CONFLICT (sku) DO UPDATE SET
        name = excluded.name,
        unit_amount_minor = excluded.unit_amount_minor,
        currency = excluded.currency,
        updated_at = now()`.execute(trx);
    return [];
  },
});
