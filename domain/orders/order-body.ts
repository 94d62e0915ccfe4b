import { z } from 'zod';
import { sku } from '../../contracts/sku.ts';
import { checkStep, currencyCode, LARGEST_AMOUNT_MINOR, unitAmount } from '../../contracts/money.ts';
import type { NewOrder } from './orders.ts';

/** The id of a payment method at the provider. */
export const paymentMethod = z
  .string()
  .regex(/^pm_[A-Za-z0-9_]{1,100}$/, 'must be a payment method such as pm_card_visa');

/** An order as it is placed, over HTTP or by a message; amounts are in minor units. */
export const orderBody = z
  .strictObject({
    userId: z.uuid(),
    currency: currencyCode,
    items: z
      .array(
        z.strictObject({
          sku,
          quantity: z.number().int().min(1).max(10_000),
          unitAmount,
        }),
      )
      .min(1)
      .max(500),
    paymentMethod,
  })
  .refine((order) => total(order.items) >= 1 && total(order.items) <= LARGEST_AMOUNT_MINOR, {
    path: ['items'],
    message: `must come to a total between 1 and ${LARGEST_AMOUNT_MINOR} minor units`,
  })
  .superRefine(({ currency, items }, context) => {
    for (const [index, { unitAmount: amount }] of items.entries()) {
      checkStep(context, { currency, amount, path: ['items', index, 'unitAmount'] });
    }
  });

/** The parsed {@link orderBody}. */
export type OrderBody = z.infer<typeof orderBody>;

/** Returns the order that a body requests. */
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

/** Returns the sum of an order's lines, in minor units. */
export function total(items: readonly { quantity: number; unitAmount: number }[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0);
}
