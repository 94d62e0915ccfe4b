import { catalogue } from '../contracts/catalogue.ts';
import { jobId } from '../contracts/define-job.ts';
import type { OrderDetails } from '../platform/repositories/orders.ts';

/** An order as JSON: amounts in minor units, times in ISO 8601 UTC. */
export function presentOrder({ order, items, attempts }: OrderDetails) {
  const job = jobId(catalogue.processOrder, { orderId: order.id });
  return {
    id: order.id,
    userId: order.user_id,
    status: order.status,
    currency: order.currency,
    amount: order.amount_minor,
    items: items.map(({ sku, quantity, unitAmountMinor }) => ({
      sku,
      quantity,
      unitAmount: unitAmountMinor,
    })),
    payment: {
      intentId: order.payment_intent_id,
      paidAt: order.paid_at?.toISOString() ?? null,
      // Money can have been taken by an attempt whose answer was lost; then it shows in the refund alone.
      amountTaken: order.paid_at ? order.amount_minor : order.refunded_minor,
      amountRefunded: order.refunded_minor,
      refundId: order.refund_id,
      attempts: attempts.map((attempt, index) => ({
        number: index + 1,
        paymentMethodRevision: attempt.revision,
        startedAt: attempt.started_at.toISOString(),
        endedAt: attempt.ended_at?.toISOString() ?? null,
        outcome: attempt.outcome,
        error:
          attempt.error_code === null
            ? null
            : { code: attempt.error_code, message: attempt.error_message ?? '' },
      })),
    },
    failure:
      order.failure_code === null ? null : { code: order.failure_code, message: order.failure_message ?? '' },
    createdAt: order.created_at.toISOString(),
    updatedAt: order.updated_at.toISOString(),
    jobId: job,
    links: { self: `/api/orders/${order.id}`, job: `/api/jobs/${job}` },
  };
}
