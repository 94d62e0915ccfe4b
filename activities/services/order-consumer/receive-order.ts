import type { Message } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import type { Db, Trx } from '../../../packages/durable-jobs/src/database/connect.ts';
import { closedOrderStatuses } from '../../../packages/durable-jobs/src/database/schema.ts';
import { enqueueStart, type OutboxEntry } from '../../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { forgetFailures } from '../../../packages/durable-jobs/src/messages/dead-letters.ts';
import { findOrder, insertOrder, isSameOrder } from '../../../domain/orders/orders.ts';
import { InvalidMessageError, readOrderMessage, type OrderMessage } from './order-message.ts';

/**
 * Commits what a message asks for: the order, where another program sent it, and the start of its job. A repeat is safe:
 * the order's id comes from the message's, and `order_messages` has a row for each order whose job was started this way,
 * for as long as there is the order. Returns the start to make, or undefined where it was committed before.
 * @throws {InvalidMessageError} where the message can never be handled; nothing is committed then.
 */
export async function receiveOrder(
  db: Db,
  queue: string,
  message: Message,
): Promise<OutboxEntry | undefined> {
  const wanted = readOrderMessage(message);
  return db.transaction().execute(async (trx) => {
    const status = await ensureOrder(trx, wanted);
    await forgetFailures(trx, queue, message);
    const first = await trx
      .insertInto('order_messages')
      .values({ order_id: wanted.orderId, message_id: wanted.messageId })
      .onConflict((conflict) => conflict.column('order_id').doNothing())
      .returning('order_id')
      .executeTakeFirst();
    if (!first || closedOrderStatuses.includes(status)) return undefined;
    return enqueueStart(trx, 'processOrder', { orderId: wanted.orderId });
  });
}

/** Makes sure that there is the order, and that it is the one of the message. */
async function ensureOrder(trx: Trx, { messageId, orderId, order }: OrderMessage) {
  const existing = await findOrder(trx, orderId);
  if (!existing) {
    const inserted = await insertOrder(trx, order, orderId);
    if (inserted) return inserted.status;
  }
  // Either another consumer has the same message at this moment, or there is no such user.
  const found = existing ?? (await findOrder(trx, orderId));
  if (!found) throw new InvalidMessageError('unknown_user', 'There is no such user.');
  if (!(await isSameOrder(trx, found, order))) {
    throw new InvalidMessageError(
      'message_id_reused',
      `Its message-id stands for another order already (${messageId === orderId ? 'the same id' : orderId}).`,
    );
  }
  return found.status;
}
