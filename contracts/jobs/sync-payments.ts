import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** Empty: the window is configured, see docs/upkeep.md. */
export type SyncPaymentsInput = z.infer<typeof input>;

/** The result of a reconciliation; `GET /api/reconciliations/:id` returns it with its findings. */
export interface SyncPaymentsResult {
  reconciliationId: string;
  /** Payments and refunds of the provider that were read. */
  payments: number;
  refunds: number;
  /** Our orders that were compared with them. */
  orders: number;
  /** Differences that were not known before, those that were repaired, and those that no longer exist since the last run. */
  found: number;
  repaired: number;
  resolved: number;
  /** Differences that remain, old and new. */
  open: number;
}

/** Reconciles the orders with the payment provider: repairs what is safe, and reports the rest. */
export const syncPayments = defineWorkflow({
  type: 'syncPayments',
  description:
    'Compares orders with the payment provider, repairs what is safe to repair and reports the rest.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'on-demand',
  summary: () => 'Reconciliation with the payment provider',
  startPolicy: 'in-turn',
  schedulable: true,
});
