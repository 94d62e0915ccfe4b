import { randomUUID } from 'node:crypto';
import express from 'express';
import { z } from 'zod';
import { database } from './database.ts';
import { durableJobs } from './jobs.ts';
import { sendInvoiceReminder } from './jobs/send-invoice-reminder.ts';

const app = express();

// The REST API of the jobs and their console. Requests need an API key; `dev` prints one for this machine.
app.use('/ops', durableJobs.router());

const newInvoice = z.strictObject({ customer: z.string().min(1).max(200), amountMinor: z.int().positive() });

// Creates an invoice and starts its reminder in the same transaction: both are committed, or neither is.
app.post('/invoices', express.json(), async (request, response) => {
  const body = newInvoice.safeParse(request.body);
  if (!body.success) {
    response.status(400).json({ error: z.prettifyError(body.error) });
    return;
  }
  const { customer, amountMinor } = body.data;
  const invoiceId = randomUUID();
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query('insert into invoices (id, customer, amount_minor) values ($1, $2, $3)', [
      invoiceId,
      customer,
      amountMinor,
    ]);
    const { jobId } = await durableJobs.enqueue(client, sendInvoiceReminder, { invoiceId }, { delay: '2s' });
    await client.query('commit');
    response.status(201).json({ invoiceId, job: `/ops/api/jobs/${jobId}` });
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

async function stop(): Promise<void> {
  server.close();
  await durableJobs.close();
  await database.end();
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
