import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** Empty: ages and recipients are configured, see docs/upkeep.md. */
export type RunMaintenanceInput = z.infer<typeof input>;

/** The number of rows that were archived or deleted, by kind. */
export interface PrunedRows {
  archivedPaymentAttempts: number;
  reconciliations: number;
  resolvedFindings: number;
  mirroredPayments: number;
}

/** The result of the checks of our own rows. */
export interface CheckResult {
  /** Rows that were checked: orders, and the rows of other checks. */
  orders: number;
  found: number;
  resolved: number;
  open: number;
}

/** The result of a maintenance. */
export interface RunMaintenanceResult {
  maintenanceId: string;
  /** Tables whose statistics were updated. */
  analyzed: string[];
  /** Payment attempts of closed orders that were moved to the archive. */
  archived: { paymentAttempts: number };
  pruned: PrunedRows;
  checks: CheckResult;
  /** Ids of the jobs that mail the report, one for each recipient. */
  mailings?: string[];
  /** Set by releases whose runs mailed all copies themselves: how many recipients' mail servers accepted or refused the report. */
  mail?: { sent: number; refused: number };
}

/** Weekly maintenance of our own database: statistics, archive, invariants, and a report by mail. */
export const runMaintenance = defineWorkflow({
  type: 'runMaintenance',
  description: 'Analyzes tables, archives and prunes old rows, checks invariants and mails the findings.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'on-demand',
  summary: () => 'Maintenance of the database',
  startPolicy: 'in-turn',
  schedulable: true,
});
