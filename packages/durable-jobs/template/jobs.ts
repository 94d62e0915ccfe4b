import { createDurableJobs } from 'durable-jobs';
import { defineSchedule } from 'durable-jobs/schedules';
import { countUnpaidInvoices } from './jobs/count-unpaid-invoices.ts';
import { sendInvoiceReminder } from './jobs/send-invoice-reminder.ts';

/** The durable jobs of this application: app.ts starts them, worker.ts runs them, and the durable-jobs command finds them here. */
export const durableJobs = createDurableJobs({
  jobs: [sendInvoiceReminder, countUnpaidInvoices],
  schedules: [
    defineSchedule({
      id: 'count-unpaid-invoices',
      job: countUnpaidInvoices,
      every: '1h',
      note: 'How many invoices are unpaid.',
    }),
  ],
});
