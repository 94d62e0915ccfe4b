import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { ActionRefusedError, enqueueStart, type JobRules } from 'durable-jobs/jobs';
import { cancelUncharged } from './payment-attempts.ts';
import { closeAbandonedOrder, JOB_TERMINATED } from './abandoned-orders.ts';
import { findOrder, lockOrder, touchOrder, type Order } from './orders.ts';
import { newestRevision } from './payment-methods.ts';
import { reopenOrder } from './order-payments.ts';
import { settlingOrderStatuses } from './order-status.ts';
import { problems } from '../../contracts/problems.ts';

/** Rules for the job of an order: no payment is taken twice, and none is kept for an order that is not completed. */
export const orderRules: JobRules = {
  async beforeCancelling(db, orderId) {
    const order = await findOrder(db, orderId);
    if (!order || !settlingOrderStatuses.includes(order.status)) return;
    throw new ActionRefusedError(problems.orderAlreadyPaid, 'The order is paid: its job runs to its end.');
  },

  async withdraw(trx, orderId) {
    const did = 'The order is cancelled. Its job still starts, and closes the order.';
    if (await cancelUncharged(trx, orderId)) return { keepsStart: true, did };
    // An earlier attempt, or its customer, has cancelled it.
    if ((await findOrder(trx, orderId))?.status === 'cancelled') return { keepsStart: true, did };
    throw new ActionRefusedError(
      'jobNotCancellable',
      'Its payment may have begun: cancel the job when it is running.',
    );
  },

  async settle(trx, { businessKey: orderId }) {
    const order = await lockOrder(trx, orderId);
    const reason =
      order && (await closeAbandonedOrder(trx, order, 'The job of the order was terminated by an operator.'));
    if (!order || !reason) {
      return { did: `Nothing was left to do: the order is ${order?.status ?? 'deleted'}.`, starts: [] };
    }
    const starts = [await enqueueStart(trx, returnPayment, { orderId, reason })];
    const closed =
      reason === 'order_not_fulfilled' ? 'Its payment is returned' : 'The order is closed without delivery';
    return {
      did: `${closed}: the job return-payment:${orderId} releases its payment, or refunds what was taken. The customer is not notified.`,
      starts,
    };
  },

  async beforeRetrying(trx, { businessKey: orderId }, input) {
    const order = await lockOrder(trx, orderId);
    if (!order) throw refused('The order no longer exists.');
    await makeReady(trx, order);
    const revision = await newestRevision(trx, orderId);
    // If the customer has specified another payment method since, that one is charged.
    return revision === 1 ? input : { orderId, revision };
  },

  waitsForTimes: true,
};

/** Prepares an order for another run of its job, or returns why this is not possible. */
async function makeReady(trx: Parameters<typeof lockOrder>[0], order: Order): Promise<void> {
  switch (order.status) {
    case 'pending':
    case 'awaiting_payment_method':
    case 'paid':
      // Its job was ended from outside. The new run determines the outcome of the payment before it takes any.
      await touchOrder(trx, order.id);
      return;
    case 'completed':
    case 'refunded':
    case 'refunding':
      throw refused(`The order is ${order.status}.`);
    case 'cancelled':
      if (order.failureCode === JOB_TERMINATED) break;
      throw refused('The order was cancelled, and the customer was told: place a new order instead.');
    case 'payment_failed':
  }
  const { paymentReturnedAt } = order;
  if (!paymentReturnedAt) {
    throw refused(
      `Its payment may still have taken money: try again when return-payment:${order.id} has released or refunded it.`,
    );
  }
  await reopenOrder(trx, { ...order, paymentReturnedAt });
}

function refused(message: string): ActionRefusedError {
  return new ActionRefusedError('jobNotRetryable', message);
}
