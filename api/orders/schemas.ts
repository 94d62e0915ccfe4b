import { z } from 'zod';
import { timePageQuery } from 'durable-jobs/http';
import { orderStatuses } from '../../domain/orders/order-status.ts';

/** The query of the list of orders. */
export const ordersQuery = timePageQuery.extend({
  status: z.enum(orderStatuses).optional(),
  userId: z.uuid().optional(),
});
