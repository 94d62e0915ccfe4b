import { defineWorkflow } from 'durable-jobs';
import { z } from 'zod';

const input = z.strictObject({ invoiceId: z.uuid() });

export type CollectInvoiceInput = z.infer<typeof input>;

/** A job with several steps. The steps are in workflows.ts, and what they do is in activities.ts. */
export const collectInvoice = defineWorkflow({
  type: 'collectInvoice',
  description: 'Books the payment of an invoice and then sends the receipt.',
  input,
  result: z.strictObject({ amountMinor: z.int() }),
  taskQueue: 'jobs',
  businessKey: ({ invoiceId }) => invoiceId,
  summary: ({ invoiceId }) => `Collection of invoice ${invoiceId}`,
  startPolicy: 'once',
  schedulable: true,
});
