import type { SendLoad } from './context.ts';
import { amountOf, orderBody } from './orders.ts';

/** An order that goes through the message broker. */
export const sendMessage: SendLoad = async (context, variant) => {
  const { orderId } = await context.client.send('POST', '/api/order-messages', orderBody(context, variant));
  context.accepted.messages.push({
    orderId: String(orderId),
    amountMinor: amountOf(variant),
    ends: 'completed',
  });
};
