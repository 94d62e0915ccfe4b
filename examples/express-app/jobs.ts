import { createDurableJobs } from 'durable-jobs';
import { collectInvoice } from './jobs/collect-invoice.ts';
import { recordPayment } from './jobs/record-payment.ts';
import { overdueInvoices, remindInvoices } from './jobs/remind-invoices.ts';
import { sendInvoiceReminder } from './jobs/send-invoice-reminder.ts';

/** The endpoint of the accountants, which verify the signature of each call. */
const { ACCOUNTING_URL: url = '', ACCOUNTING_SECRET: secret = '' } = process.env;
/** On working days, everyone whose invoice is overdue is reminded. */
const overdue = { task: remindInvoices.name, query: overdueInvoices.name };

/** What the application, its worker and the `durable-jobs` command share. */
export const durableJobs = createDurableJobs({
  jobs: [sendInvoiceReminder, collectInvoice],
  workItems: [recordPayment],
  bulkTasks: [remindInvoices],
  bulkQueries: [overdueInvoices],
  schedules: (timeZone) => [
    { id: 'remind-overdue', job: 'startBulkJob', input: overdue, cron: '0 8 * * 1-5', timeZone },
  ],
  httpTargets: { accounting: { url, secret, allowPrivateAddresses: true } },
});
