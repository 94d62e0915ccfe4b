import { defineJob, PermanentError } from 'durable-jobs';
import { z } from 'zod';

/** Reminds a customer of an unpaid invoice. */
export const sendInvoiceReminder = defineJob({
  type: 'sendInvoiceReminder',
  description: 'Reminds a customer of an unpaid invoice.',
  input: z.strictObject({ invoiceId: z.uuid() }),
  // Two starts with the same key are the same job.
  key: ({ invoiceId }) => invoiceId,
  retry: { delays: ['5s', '1m', '15m'] },
  async run({ invoiceId }, { attempt, logger, db }) {
    const { rows } = await db.query<{ customer: string; paid: boolean }>(
      'select customer, paid from invoices where id = $1',
      [invoiceId],
    );
    const [invoice] = rows;
    // No retry can fix it.
    if (!invoice) throw new PermanentError(`invoice ${invoiceId} does not exist`);
    if (invoice.paid) return { reminded: false };
    // Call your mail provider here, with the effectKey of the second parameter as its idempotency key. If it throws, the job is retried
    // after the delays above.
    logger.info({ attempt }, `reminding ${invoice.customer}`);
    // The row makes sure that a repeated attempt does not count twice.
    await db.query('update invoices set reminded_at = now() where id = $1 and reminded_at is null', [
      invoiceId,
    ]);
    return { reminded: true };
  },
});
