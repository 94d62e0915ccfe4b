import { bulkTasks } from '../../domain/bulk-queries.ts';
import type { PaymentProvider } from '../../domain/payments/provider.ts';
import type { BulkTaskRegistry } from 'durable-jobs/bulk';
import { importProducts } from './import-products.ts';
import { repriceOrders } from './reprice-orders.ts';

/** Every bulk task and query, with its code. */
export function createBulkTaskCode({ payments }: { payments: PaymentProvider }): BulkTaskRegistry {
  return bulkTasks.with({ tasks: [importProducts, repriceOrders(payments)] });
}
