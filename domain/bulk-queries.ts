import { sql } from 'kysely';
import { bulkTasks as declared, openOrders } from '../contracts/bulk.ts';
import { sqlStatuses, unpaidOrderStatuses } from './orders/order-status.ts';
import { defineBulkQuery } from 'durable-jobs/define';
import { findInPages } from 'durable-jobs/bulk';

const openOrdersQuery = defineBulkQuery({
  ...openOrders,
  find: (db) =>
    findInPages<{ item: object; id: string }>(
      db,
      // By id, like the index of open orders.
      (after, limit) => sql`
    SELECT jsonb_build_object('orderId', id) AS item, id FROM orders
    WHERE status IN (${sqlStatuses(unpaidOrderStatuses)}) ${after ? sql`AND id > ${after.id}::uuid` : sql``}
    ORDER BY id LIMIT ${limit}`,
    ),
});

/** Every bulk task and query, with the code of the queries. */
export const bulkTasks = declared.with({ queries: [openOrdersQuery] });
