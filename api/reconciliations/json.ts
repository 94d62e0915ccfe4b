import { z } from 'zod';
import { time } from 'durable-jobs/http';

/** A reconciliation as JSON. */
export const reconciliationJson = z
  .strictObject({
    id: z.uuid(),
    status: z.enum(['running', 'completed', 'failed', 'cancelled']),
    windowStart: time.meta({ description: 'The start of the period that was compared.' }),
    startedAt: time,
    endedAt: time.nullable(),
    read: z.strictObject({ payments: z.int(), refunds: z.int(), orders: z.int() }),
    result: z.strictObject({ found: z.int(), repaired: z.int(), resolved: z.int(), open: z.int() }),
    jobId: z.string(),
    links: z.strictObject({ self: z.string(), job: z.string() }),
  })
  .meta({ id: 'Reconciliation' });

/** A reconciliation as JSON. */
export type ReconciliationView = z.output<typeof reconciliationJson>;
