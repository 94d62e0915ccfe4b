import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { exampleIds } from '../example-ids.ts';
import { taskQueues, timerSummaries } from '../names.ts';

const input = z
  .strictObject({
    orderId: z.uuid(),
    /** The payment method to begin with, by its revision: the first one, unless the order was reopened. */
    revision: z.number().int().min(1).optional(),
  })
  .meta({ examples: [{ orderId: exampleIds.order }] });

/** The order. */
export type ProcessOrderInput = z.infer<typeof input>;

/** How an order ended. If the payment failed, the job fails instead. */
export type ProcessOrderResult =
  | { outcome: 'completed'; receipt: 'sent' | 'failed' }
  | { outcome: 'cancelled'; reason: 'requested' | 'payment_method_timeout' }
  | { outcome: 'refunded'; reason: string };

/** Takes an order's payment, reserves its stock and sends the receipt. Only one job ever runs for an order. */
export const processOrder = defineWorkflow({
  type: 'processOrder',
  description:
    'Takes the payment of an order, with retries after 60, 300 and 900 s, and completes the order.',
  input,
  taskQueue: taskQueues.jobs,
  subject: 'order',
  businessKey: ({ orderId }) => orderId,
  summary: ({ orderId }) => `Payment and completion of order ${orderId}`,
  startPolicy: 'once',
  delayingTimers: [timerSummaries.paymentTurn],
  waits: {
    [timerSummaries.newCardDeadline]: {
      code: 'waiting_for_payment_method',
      sentence: (until) =>
        `The card was declined: it waits for the customer's new payment method until ${until}, and is cancelled then.`,
      actions: (orderId) => [
        { does: 'Takes a new payment method.', method: 'PUT', path: `/api/orders/${orderId}/payment-method` },
      ],
    },
  },
});
