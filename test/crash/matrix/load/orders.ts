import { setTimeout as delay } from 'node:timers/promises';
import type { AcceptedOrder } from '../accepted.ts';
import { RETRY_MS } from './client.ts';
import type { LoadContext, SendLoad } from './context.ts';

const GOOD_CARD = 'pm_card_visa';
export const DECLINED_CARD = 'pm_card_chargeDeclined';

/** A SKU of which there is nothing. */
export const SOLD_OUT_SKU = 'matrix-sold-out';

/** The body of an order for one thing. Its price depends on the variant, so that amounts tell orders apart. */
export function orderBody(
  { customerId }: Pick<LoadContext, 'customerId'>,
  variant: number,
  { paymentMethod = GOOD_CARD, sku = 'made-to-order' } = {},
) {
  return {
    userId: customerId,
    currency: 'EUR',
    items: [{ sku, quantity: 1, unitAmount: amountOf(variant) }],
    paymentMethod,
  };
}

/** The amount of an order, at least the provider's minimum. */
export function amountOf(variant: number): number {
  return 100 + (variant % 10_000);
}

/** Places an order for one thing, and notes how it ends if nothing else is done with it. */
export async function placeOrder(
  context: LoadContext,
  variant: number,
  { card = GOOD_CARD, sku }: { card?: string; sku?: string } = {},
): Promise<AcceptedOrder> {
  const body = orderBody(context, variant, { paymentMethod: card, ...(sku !== undefined && { sku }) });
  const { id } = await context.client.send('POST', '/api/orders', body);
  const order: AcceptedOrder = {
    orderId: String(id),
    amountMinor: amountOf(variant),
    ends: card === GOOD_CARD ? 'completed' : 'awaiting_payment_method',
  };
  context.accepted.orders.push(order);
  return order;
}

/** An order whose card is accepted. */
export const sendPaidOrder: SendLoad = async (context, variant) => {
  await placeOrder(context, variant);
};

/** An order whose card is declined, and which waits for another one. */
export const sendDeclinedOrder: SendLoad = async (context, variant) => {
  await placeOrder(context, variant, { card: DECLINED_CARD });
};

/** An order whose money is taken before its goods turn out to be sold out. */
export const sendRefundedOrder: SendLoad = async (context, variant) => {
  const order = await placeOrder(context, variant, { sku: SOLD_OUT_SKU });
  order.ends = 'refunded';
};

/** An order whose card is declined, and whose customer then sends a good one. */
export const sendNewCardOrder: SendLoad = async (context, variant) => {
  const order = await placeOrder(context, variant, { card: DECLINED_CARD });
  const path = `/api/orders/${order.orderId}`;
  for (;;) {
    await delay(RETRY_MS);
    const current = await context.client.sendOnce({ method: 'GET', path }).catch(() => undefined);
    if (current?.body.status === 'completed' || current?.body.status === 'paid') break;
    if (current?.body.status !== 'awaiting_payment_method') continue;
    const body = { paymentMethod: GOOD_CARD };
    const request = { method: 'PUT', path: `${path}/payment-method`, body };
    const answer = await context.client.sendOnce(request).catch(() => undefined);
    if (answer?.status === 202) break;
  }
  order.ends = 'completed';
};
