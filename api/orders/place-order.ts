import type { Trx } from '../../domain/database/schema.ts';
import { toNewOrder, type OrderBody } from '../../domain/orders/order-body.ts';
import { insertOrder, type Order } from '../../domain/orders/orders.ts';
import { Problem } from 'durable-jobs/http';
import { problems } from '../../contracts/problems.ts';

/**
 * Adds the order of a request.
 * @throws {Problem} if its user is not registered.
 */
export async function placeOrder(trx: Trx, body: OrderBody): Promise<Order> {
  const order = await insertOrder(trx, toNewOrder(body));
  if (order) return order;
  throw new Problem(problems.unknownUser, 'The order requires a registered user.', {
    errors: [{ path: 'userId', message: 'does not exist' }],
  });
}
