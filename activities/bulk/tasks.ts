import type { BulkItem, BulkTask } from '../../contracts/bulk.ts';
import { actOnJobs } from './act-on-jobs.ts';
import { importProducts } from './import-products.ts';
import { repriceOrders } from './reprice-orders.ts';
import { requeueDeadWork } from './requeue-work-items.ts';
import type { BulkTaskRunner } from './task.ts';

/** How each bulk task is done. */
export const taskRunners: { readonly [T in BulkTask]: BulkTaskRunner<BulkItem<T>> } = {
  'import-products': importProducts,
  'reprice-orders': repriceOrders,
  'requeue-work-items': requeueDeadWork,
  'act-on-jobs': actOnJobs,
};
