import { defineWorkItem } from 'durable-jobs';
import { sql } from 'kysely';
import { z } from 'zod';

/** A work item: one row, one transaction, done once. Its booking and its completion are one commit. */
export const recordPayment = defineWorkItem({
  kind: 'record-payment',
  description: 'Books a payment that the bank reports.',
  payload: z.strictObject({ invoiceId: z.uuid(), amountMinor: z.int().positive() }),
  async apply(trx, { invoiceId, amountMinor }, { workItemId }) {
    await sql`INSERT INTO bookings VALUES (${workItemId}, ${invoiceId}, ${amountMinor})`.execute(trx);
    return { invoiceId };
  },
});
