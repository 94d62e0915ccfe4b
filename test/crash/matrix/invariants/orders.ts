import type { Evidence } from '../evidence.ts';

/** Orders: each accepted one exists and ended as its card demands. */
export function checkOrders({ accepted, orders }: Evidence): string[] {
  const statuses = new Map(orders.map(({ id, status }) => [id, status]));
  return [...accepted.orders, ...accepted.messages].flatMap(({ orderId, ends }) => {
    const status = statuses.get(orderId);
    if (status === ends) return [];
    return [`order ${orderId} is ${status ?? 'lost'} instead of ${ends}`];
  });
}
