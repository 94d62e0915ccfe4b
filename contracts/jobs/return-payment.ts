import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({
  orderId: z.uuid(),
  /** Why the payment is returned; stored with the refund. */
  reason: z.enum(['order_cancelled', 'payment_failed', 'order_not_fulfilled']),
});

/** The order, and the reason. */
export type ReturnPaymentInput = z.infer<typeof input>;

/** How the payment was returned. */
export interface ReturnPaymentResult {
  /** `released`: nothing was taken, and nothing can be taken any more. */
  outcome: 'released' | 'refunded';
}

/**
 * Returns the payment of a closed order: releases it, or refunds it if it was taken. It is a separate job because it must outlive the
 * order's job for as long as the provider is unavailable.
 */
export const returnPayment = defineWorkflow({
  type: 'returnPayment',
  description: 'Releases or refunds the payment of an order that was closed without being completed.',
  input,
  taskQueue: taskQueues.jobs,
  subject: 'order',
  businessKey: ({ orderId }) => orderId,
  summary: ({ orderId }) => `Return of the payment of order ${orderId}`,
  // A reopened order may have another payment to return, which an open run may not have seen.
  startPolicy: 'in-turn',
});
