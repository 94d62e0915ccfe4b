import { z } from 'zod';
import { defineWorkItem } from 'durable-jobs/define';
import { createWorkKinds } from 'durable-jobs/work-queue';
import { sku } from './sku.ts';

/** Changes a stock level; activities/work-items/adjust-stock.ts has its code. */
export const adjustStock = defineWorkItem({
  kind: 'adjust-stock',
  description: 'Changes the stock level of a SKU, and records the change in the stock ledger.',
  payload: z
    .strictObject({
      sku,
      delta: z
        .int()
        .min(-1_000_000)
        .max(1_000_000)
        .refine((delta) => delta !== 0, 'must not be 0'),
      reason: z.enum(['delivery', 'return', 'loss', 'correction']),
    })
    .meta({ examples: [{ sku: 'BOOK-1', delta: 20, reason: 'delivery' }] }),
  // It only depends on our own database.
  policy: {
    maximumAttempts: 5,
    initialIntervalMs: 1_000,
    backoffCoefficient: 4,
    maximumIntervalMs: 60_000,
    timeoutMs: 30_000,
  },
});

/** Creates an order's invoice; activities/work-items/issue-invoice.ts has its code. */
export const issueInvoice = defineWorkItem({
  kind: 'issue-invoice',
  description: 'Creates the invoice of a completed order.',
  payload: z.strictObject({ orderId: z.uuid() }),
  // If it is requested before the order is completed, it waits: 10 s, 30 s, 90 s, up to an hour; six hours in total.
  policy: {
    maximumAttempts: 12,
    initialIntervalMs: 10_000,
    backoffCoefficient: 3,
    maximumIntervalMs: 3_600_000,
    timeoutMs: 30_000,
  },
});

/** Every kind of work item. */
export const workKinds = createWorkKinds([
  // In the order in which they are listed.
  adjustStock,
  issueInvoice,
]);
