import { z } from 'zod';
import { createBulkTasks, defineBulkQuery, defineBulkTask } from 'durable-jobs/define';
import { line } from 'durable-jobs/values';
import { checkStep, currencyCode, unitAmount } from './money.ts';
import { sku } from './sku.ts';

/** Imports a product list; `unitAmount` is in minor units. activities/bulk/import-products.ts has its code. */
export const importProducts = defineBulkTask({
  name: 'import-products',
  description: 'Creates products and updates existing ones.',
  item: z
    .strictObject({
      sku,
      name: line(200),
      unitAmount,
      currency: currencyCode,
    })
    .superRefine(({ currency, unitAmount: amount }, context) => {
      checkStep(context, { currency, amount, path: ['unitAmount'] });
    })
    .meta({ examples: [{ sku: 'BOOK-1', name: 'A book', unitAmount: 1299, currency: 'EUR' }] }),
  chunkSize: 500,
  window: 4,
});

/** Reprices open orders; activities/bulk/reprice-orders.ts has its code. */
export const repriceOrders = defineBulkTask({
  name: 'reprice-orders',
  description: 'Updates the prices of unpaid orders to those of the product table.',
  item: z.strictObject({ orderId: z.uuid() }),
  // Each may be a call to the payment provider.
  chunkSize: 10,
  window: 2,
});

/** Finds open orders; domain/bulk-queries.ts has its code. */
export const openOrders = defineBulkQuery({
  name: 'open-orders',
  description: 'Orders that are neither paid nor closed.',
  task: repriceOrders.name,
});

/** Every bulk task and query, including the library's. */
export const bulkTasks = createBulkTasks({ tasks: [importProducts, repriceOrders], queries: [openOrders] });
