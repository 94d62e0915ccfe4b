import { z } from 'zod';
import { batchActions } from '../packages/durable-jobs/src/jobs/act/job-actions.ts';
import { checkStep, currencyCode, unitAmount } from './money.ts';
import { line } from '../packages/durable-jobs/src/values/text.ts';

/** A SKU, as orders and products have it. */
export const sku = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

/** A line of a product list; `unitAmount` in minor units. */
const importProductsItem = z
  .strictObject({
    sku,
    name: line(200),
    unitAmount,
    currency: currencyCode,
  })
  .superRefine(({ currency, unitAmount: amount }, context) => {
    checkStep(context, { currency, amount, path: ['unitAmount'] });
  });

const repriceOrdersItem = z.strictObject({ orderId: z.uuid() });

const requeueWorkItemsItem = z.strictObject({ workItemId: z.uuid() });

/** A run of a job, and what is to be done with it. */
const actOnJobsItem = z.strictObject({
  jobId: z.string().regex(/^[a-z][a-z0-9-]*:[\w.:-]{1,200}$/, 'must be a job id'),
  runId: z.uuid(),
  action: z.enum(batchActions),
  reason: line(500).optional(),
});

/** What each bulk task is, and what its items must be. A function over a batch, in activities/bulk, does the work. */
export const bulkTasks = {
  'import-products': {
    description: 'Creates products, and brings those that exist up to date.',
    item: importProductsItem,
  },
  'reprice-orders': {
    description: 'Brings the prices of orders that are not paid in line with the product table.',
    item: repriceOrdersItem,
  },
  'requeue-work-items': {
    description: 'Makes dead items of the work queue due again.',
    item: requeueWorkItemsItem,
  },
  'act-on-jobs': {
    description: 'Cancels, terminates, retries, pauses or resumes runs of jobs.',
    item: actOnJobsItem,
  },
} as const satisfies Record<string, { description: string; item: z.ZodType<object> }>;

/** The name of a bulk task. */
export type BulkTask = keyof typeof bulkTasks;

/** Every bulk task's name. */
export const bulkTaskNames = Object.keys(bulkTasks) as [BulkTask, ...BulkTask[]];

/** An item of a task, once it is checked. */
export type BulkItem<T extends BulkTask> = z.output<(typeof bulkTasks)[T]['item']>;

/** Named queries over our own rows, and the task that their rows are items of. */
export const bulkQueries = {
  'open-orders': { description: 'Orders that are not paid and not closed.', task: 'reprice-orders' },
  'dead-work-items': { description: 'Dead items of the work queue.', task: 'requeue-work-items' },
} as const satisfies Record<string, { description: string; task: BulkTask }>;

/** The name of such a query. */
export type BulkQuery = keyof typeof bulkQueries;

/** Every query's name. */
export const bulkQueryNames = Object.keys(bulkQueries) as [BulkQuery, ...BulkQuery[]];
