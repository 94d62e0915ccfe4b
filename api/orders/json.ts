import { processOrder } from '../../contracts/jobs/process-order.ts';
import { z } from 'zod';
import { jobId } from 'durable-jobs/define';
import { orderStatuses } from '../../domain/orders/order-status.ts';
import type { Order, OrderDetails } from '../../domain/orders/orders.ts';
import { errorJson, linkTo, time } from 'durable-jobs/http';

/** An order as JSON. */
export const orderJson = z
  .strictObject({
    id: z.uuid(),
    userId: z.uuid(),
    status: z.enum(orderStatuses),
    currency: z.string().meta({ description: 'Three lowercase letters.' }),
    amount: z.int().meta({ description: 'The total, in minor units.' }),
    items: z.array(
      z.strictObject({
        sku: z.string(),
        quantity: z.int(),
        unitAmount: z.int().meta({ description: 'The price of one unit, in minor units.' }),
      }),
    ),
    payment: z.strictObject({
      intentId: z.string().nullable(),
      paidAt: time.nullable(),
      amountTaken: z.int().meta({ description: 'The amount that the provider took, in minor units.' }),
      amountRefunded: z.int(),
      refundId: z.string().nullable(),
      attempts: z.array(
        z.strictObject({
          number: z.int(),
          paymentMethodRevision: z
            .int()
            .meta({ description: '1 for the payment method of the order, incremented by each change.' }),
          startedAt: time,
          endedAt: time.nullable(),
          outcome: z.enum(['succeeded', 'declined', 'failed']).nullable(),
          error: errorJson.nullable(),
        }),
      ),
    }),
    failure: errorJson.nullable(),
    createdAt: time,
    updatedAt: time,
    jobId: z.string(),
    links: z.strictObject({ self: z.string(), job: z.string() }),
  })
  .meta({ id: 'Order' });

/** An order in a list. */
export const orderHeadJson = orderJson
  .pick({
    id: true,
    userId: true,
    status: true,
    currency: true,
    amount: true,
    failure: true,
    createdAt: true,
    updatedAt: true,
    jobId: true,
    links: true,
  })
  .meta({ id: 'OrderHead' });

/** An order in a list, as JSON. */
export type OrderHead = z.output<typeof orderHeadJson>;

/** Returns an order of a list as JSON. */
export function presentOrderHead(order: Order): OrderHead {
  const job = jobId(processOrder, { orderId: order.id });
  return {
    id: order.id,
    userId: order.userId,
    status: order.status,
    currency: order.currency,
    amount: order.amountMinor,
    failure:
      order.failureCode === null ? null : { code: order.failureCode, message: order.failureMessage ?? '' },
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    jobId: job,
    links: { self: linkTo(`/api/orders/${order.id}`), job: linkTo(`/api/jobs/${job}`) },
  };
}

/** Returns an order as JSON: amounts in minor units, times in ISO 8601 UTC. */
export function presentOrder({ order, items, attempts }: OrderDetails): z.output<typeof orderJson> {
  return {
    ...presentOrderHead(order),
    items: items.map(({ sku, quantity, unitAmountMinor }) => ({
      sku,
      quantity,
      unitAmount: unitAmountMinor,
    })),
    payment: {
      intentId: order.paymentIntentId,
      paidAt: order.paidAt?.toISOString() ?? null,
      // An attempt whose response was lost may have taken money. In that case, only the refund shows it.
      amountTaken: order.paidAt ? order.amountMinor : order.refundedMinor,
      amountRefunded: order.refundedMinor,
      refundId: order.refundId,
      attempts: attempts.map((attempt, index) => ({
        number: index + 1,
        paymentMethodRevision: attempt.revision,
        startedAt: attempt.startedAt.toISOString(),
        endedAt: attempt.endedAt?.toISOString() ?? null,
        outcome: attempt.outcome,
        error:
          attempt.errorCode === null
            ? null
            : { code: attempt.errorCode, message: attempt.errorMessage ?? '' },
      })),
    },
  };
}
