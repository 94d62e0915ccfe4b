import { defineBulkQuery, defineBulkTask, enqueue } from 'durable-jobs';
import { z } from 'zod';
import { pool } from '../database.ts';
import { sendInvoiceReminder } from './send-invoice-reminder.ts';

/** A bulk task: up to a million items by upload or by query, in batches that each are one commit. */
export const remindInvoices = defineBulkTask({
  name: 'remind-invoices',
  description: 'Enqueues one more reminder of each invoice.',
  item: z.strictObject({ invoiceId: z.uuid() }),
  async apply(trx, items) {
    for (const { item } of items)
      await enqueue(trx, sendInvoiceReminder, item, { dedupeKey: `overdue-${item.invoiceId}` });
    return [];
  },
});

/** What the schedule in jobs.ts finds every morning. */
export const overdueInvoices = defineBulkQuery({
  name: 'overdue-invoices',
  description: 'Unpaid invoices that are due.',
  task: remindInvoices.name,
  async *find() {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT id FROM invoices WHERE paid_at IS NULL AND due_at < now()',
    );
    for (const { id } of rows) yield { invoiceId: id };
  },
});
