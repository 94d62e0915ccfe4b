import type { SendLoad } from './context.ts';

/** SKUs whose stock the items change: few, so that items wait for each other's locks. */
export const stockSkus = ['matrix-0', 'matrix-1', 'matrix-2'] as const;

/** The level that each has at the beginning of a run. */
export const INITIAL_STOCK = 1_000;

/** An item of the work queue, which changes a stock level. */
export const sendWorkItem: SendLoad = async ({ client, accepted, name }, variant) => {
  const sku = stockSkus[variant % stockSkus.length] ?? stockSkus[0];
  const delta = 1 + (variant % 9);
  const { id } = await client.send('POST', '/api/work-items', {
    kind: 'adjust-stock',
    payload: { sku, delta, reason: 'delivery' },
    dedupeKey: name('item'),
  });
  accepted.workItems.push({ id: String(id), sku, delta });
};
