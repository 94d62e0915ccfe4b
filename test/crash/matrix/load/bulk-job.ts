import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_MS } from './client.ts';
import type { SendLoad } from './context.ts';

/** The smallest bulk job, and how much larger one may be: several chunks of 500 items. */
const [SMALLEST, MORE] = [500, 1_500];

/** An upload of products. An upload has no key, so each attempt has products of its own, which must be imported all or not at all. */
export const sendBulkJob: SendLoad = async ({ client, accepted, name }, variant) => {
  const total = SMALLEST + (variant % MORE);
  for (;;) {
    const prefix = name('product');
    const lines = Array.from({ length: total }, (_, index) =>
      JSON.stringify({ sku: `${prefix}-${index}`, name: 'Tea', unitAmount: 450, currency: 'EUR' }),
    );
    const answer = await client
      .sendOnce({
        method: 'POST',
        path: '/api/bulk-jobs?task=import-products',
        body: lines.join('\n'),
        contentType: 'application/x-ndjson',
      })
      .catch(() => undefined);
    if (answer?.status === 202) {
      accepted.bulkJobs.push({ id: String(answer.body.id), jobId: String(answer.body.jobId), total });
      return;
    }
    await delay(RETRY_MS);
  }
};
