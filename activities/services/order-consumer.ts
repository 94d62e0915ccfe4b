import { processOrder } from '../../contracts/jobs/process-order.ts';
import { queues } from '../../contracts/names.ts';
import { orderConsumer } from '../../contracts/services.ts';
import { orderBody, toNewOrder } from '../../domain/orders/order-body.ts';
import { orderIdOf } from '../../domain/orders/order-id.ts';
import { findOrder, insertOrder, isSameOrder, type NewOrder } from '../../domain/orders/orders.ts';
import type { Trx } from '../../domain/database/schema.ts';
import { closedOrderStatuses } from '../../domain/orders/order-status.ts';
import { enqueueStart } from 'durable-jobs/jobs';
import { defineMessageConsumer } from 'durable-jobs/define';
import { InvalidMessageError } from 'durable-jobs/messages';

/**
 * Starts a job for each order that arrives in the queue. The order, if another program sent it, and the start of its job are one commit. A
 * repeat is safe: the order's id is derived from the message's, and `order_messages` has a row for each order whose job was started in this
 * way, for as long as the order exists.
 */
export function createOrderConsumer({ credit }: { credit: number }) {
  return defineMessageConsumer({
    ...orderConsumer,
    queue: queues.orders,
    body: orderBody,
    credit,
    async handle(trx: Trx, { id: messageId, body }) {
      const orderId = orderIdOf(messageId);
      const status = await ensureOrder(trx, { messageId, orderId, order: toNewOrder(body) });
      const first = await trx
        .insertInto('orderMessages')
        .values({ orderId, messageId })
        .onConflict((conflict) => conflict.column('orderId').doNothing())
        .returning('orderId')
        .executeTakeFirst();
      if (!first || closedOrderStatuses.includes(status)) return [];
      return [await enqueueStart(trx, processOrder, { orderId })];
    },
  });
}

/** Ensures that the order exists and is the one in the message. */
async function ensureOrder(
  trx: Trx,
  { messageId, orderId, order }: { messageId: string; orderId: string; order: NewOrder },
) {
  const existing = await findOrder(trx, orderId);
  if (!existing) {
    const inserted = await insertOrder(trx, order, orderId);
    if (inserted) return inserted.status;
  }
  // Another consumer is handling the same message at this moment, or the user does not exist.
  const found = existing ?? (await findOrder(trx, orderId));
  if (!found) throw new InvalidMessageError('unknown_user', 'The user does not exist.');
  if (!(await isSameOrder(trx, found, order))) {
    throw new InvalidMessageError(
      'message_id_reused',
      `Its message-id already belongs to another order (${messageId === orderId ? 'the same id' : orderId}).`,
    );
  }
  return found.status;
}
