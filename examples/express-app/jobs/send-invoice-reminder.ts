import { defineJob, PermanentError } from 'durable-jobs';
import { z } from 'zod';
import { pool, writeLetter } from '../database.ts';

/** A job that does one thing: its schema, its key, how often it is tried and what it does are in one file. */
export const sendInvoiceReminder = defineJob({
  type: 'sendInvoiceReminder',
  input: z.strictObject({ invoiceId: z.uuid() }),
  key: ({ invoiceId }) => invoiceId,
  retry: { delays: ['1s', '5s', '60s'] },
  timeout: '30s',
  async run({ invoiceId }, { effectKey }) {
    const { rows } = await pool.query<{ paid: boolean }>(
      'SELECT paid_at IS NOT NULL AS paid FROM invoices WHERE id = $1 FOR UPDATE',
      [invoiceId],
    );
    if (!rows[0]) throw new PermanentError('the invoice does not exist');
    if (rows[0].paid) return { sent: false };
    await writeLetter(effectKey, invoiceId, 'reminder');
    return { sent: true };
  },
});
