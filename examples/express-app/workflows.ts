import { proxyActivities } from '@temporalio/workflow';
import { startWhenMeant } from 'durable-jobs/workflow';
import type { Activities } from './activities.ts';
import type { CollectInvoiceInput } from './jobs/collect-invoice.ts';

const { bookPayment, sendReceipt } = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 10 },
});

/** The steps of the job in jobs/collect-invoice.ts. */
export async function collectInvoice({ invoiceId }: CollectInvoiceInput): Promise<{ amountMinor: number }> {
  await startWhenMeant();
  const amountMinor = await bookPayment(invoiceId);
  await sendReceipt(invoiceId);
  return { amountMinor };
}
