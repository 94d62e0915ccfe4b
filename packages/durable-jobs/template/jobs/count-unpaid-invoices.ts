import { defineJob } from 'durable-jobs';
import { z } from 'zod';

/** Counts unpaid invoices; the schedule in jobs.ts starts it every hour. */
export const countUnpaidInvoices = defineJob({
  type: 'countUnpaidInvoices',
  description: 'Counts unpaid invoices.',
  input: z.strictObject({}),
  key: () => 'all',
  async run(_input, { logger, db }) {
    const { rows } = await db.query<{ count: number }>(
      'select count(*)::int as count from invoices where not paid',
    );
    const count = rows[0]?.count ?? 0;
    logger.info({ count }, 'counted unpaid invoices');
    return { count };
  },
});
