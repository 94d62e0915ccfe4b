import { z } from 'zod';
import { sku } from '../contracts/bulk.ts';
import { isCurrency } from './money.ts';
import type { NewOrder } from './repositories/orders.ts';

/** Id of a payment method at the provider. */
export const paymentMethod = z
  .string()
  .regex(/^pm_[A-Za-z0-9_]{1,100}$/, 'must be a payment method such as pm_card_visa');

/** The provider's largest amount: eight digits (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const MAX_AMOUNT_MINOR = 99_999_999;

/** An order as it is placed, over HTTP or by a message; amounts in minor units. */
export const orderBody = z
  .strictObject({
    userId: z.uuid(),
    currency: z
      .string()
      .refine(isCurrency, 'must be a currency of ISO 4217 such as EUR')
      .transform((code) => code.toLowerCase()),
    items: z
      .array(
        z.strictObject({
          sku,
          quantity: z.number().int().min(1).max(10_000),
          unitAmount: z.number().int().min(0).max(MAX_AMOUNT_MINOR),
        }),
      )
      .min(1)
      .max(500),
    paymentMethod,
  })
  .refine((order) => total(order.items) >= 1 && total(order.items) <= MAX_AMOUNT_MINOR, {
    path: ['items'],
    message: `must come to a total between 1 and ${MAX_AMOUNT_MINOR} minor units`,
  });

/** What {@link orderBody} makes of a body. */
export type OrderBody = z.infer<typeof orderBody>;

/** The order that a body asks for. */
export function toNewOrder(body: OrderBody): NewOrder {
  return {
    userId: body.userId,
    currency: body.currency,
    items: body.items.map(({ sku, quantity, unitAmount }) => ({
      sku,
      quantity,
      unitAmountMinor: unitAmount,
    })),
    amountMinor: total(body.items),
    paymentMethod: body.paymentMethod,
  };
}

/** The sum of an order's lines, in minor units. */
export function total(items: readonly { quantity: number; unitAmount: number }[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0);
}
