import express from 'express';
import { callHttp } from 'durable-jobs/call-http';
import { inTransaction, pool } from './database.ts';
import { collectInvoice } from './jobs/collect-invoice.ts';
import { sendInvoiceReminder } from './jobs/send-invoice-reminder.ts';
import { durableJobs } from './jobs.ts';

const app = express();
app.use('/ops', durableJobs.router());
app.use(express.json());

/** The invoice, its reminder and the call to the accountants are one commit. */
app.post('/invoices', async (request, response) => {
  const { customer, amountMinor, remindIn = '7d' } = request.body;
  const created = await inTransaction(async (client) => {
    const insert = 'INSERT INTO invoices (customer, amount_minor) VALUES ($1, $2) RETURNING id';
    const { rows } = await client.query(insert, [customer, amountMinor]);
    const invoiceId: string = rows[0].id;
    const notice = { target: 'accounting', path: '/invoices', body: { invoiceId } };
    const jobs = [
      await durableJobs.enqueue(client, sendInvoiceReminder, { invoiceId }, { delay: remindIn }),
      await durableJobs.enqueue(client, callHttp, notice, { dedupeKey: `invoice-${invoiceId}` }),
    ];
    return { id: invoiceId, jobs: jobs.map(({ jobId }) => jobId) };
  });
  response.status(201).json(created);
});

app.post('/invoices/:id/collect', async (request, response) => {
  const { jobId } = await durableJobs.start(collectInvoice, { invoiceId: request.params.id });
  response.status(202).json({ jobId });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  void durableJobs.close().then(() => pool.end());
});
