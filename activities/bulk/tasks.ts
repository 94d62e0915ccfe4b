import type { BulkItem, BulkTask } from '../../contracts/bulk.ts';
import { actOnJobs } from '../../packages/durable-jobs/src/jobs/act/act-on-jobs-task.ts';
import { importProducts } from './import-products.ts';
import { repriceOrders } from './reprice-orders.ts';
import { requeueDeadWork } from '../../packages/durable-jobs/src/work-queue/requeue-task.ts';
import type { BulkTaskRunner } from '../../packages/durable-jobs/src/bulk/task.ts';

/** How each bulk task is done. */
export const taskRunners: { readonly [T in BulkTask]: BulkTaskRunner<BulkItem<T>> } = {
  'import-products': importProducts,
  'reprice-orders': repriceOrders,
  'requeue-work-items': requeueDeadWork,
  'act-on-jobs': actOnJobs,
};
