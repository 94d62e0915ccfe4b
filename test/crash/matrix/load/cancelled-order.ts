import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';
import { DECLINED_CARD, placeOrder } from './orders.ts';

/** The longest time between an order and its cancellation: some come before the charge, some during it and some after it. */
const LATEST_MS = 400;

/**
 * An order that its customer cancels. Every other one has a card that is declined, so that its cancellation also meets orders that wait. What
 * the service answers decides how the order must end.
 */
export const sendCancelledOrder: SendLoad = async (context, variant) => {
  const order = await placeOrder(context, variant, variant % 2 === 0 ? {} : { card: DECLINED_CARD });
  await delay(variant % LATEST_MS);
  const path = `/api/orders/${order.orderId}`;
  for (;;) {
    const answer = await context.client
      .sendOnce({ method: 'POST', path: `${path}/cancel` })
      .catch(() => undefined);
    if (answer?.body.code === 'order_already_paid') return;
    // It is also closed if an earlier request, whose answer was lost, has cancelled it.
    if (answer?.status === 200 || answer?.body.code === 'order_closed') {
      order.ends = 'cancelled';
      return;
    }
    await delay(RETRY_MS);
  }
};
