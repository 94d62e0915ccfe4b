import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** There is nothing to choose: ages and recipients are configured, see docs/upkeep.md. */
export type RunMaintenanceInput = z.infer<typeof input>;

/** How many rows left the tables that are read every day, by what they were. */
export interface PrunedRows {
  archivedPaymentAttempts: number;
  reconciliations: number;
  resolvedFindings: number;
  mirroredPayments: number;
}

/** The result of the checks of our own rows. */
export interface CheckResult {
  /** Rows that were looked at: orders, and whatever else a check reads. */
  orders: number;
  found: number;
  resolved: number;
  open: number;
}

/** The result of a maintenance. */
export interface RunMaintenanceResult {
  maintenanceId: string;
  /** Tables whose statistics were renewed. */
  analyzed: string[];
  /** Payment attempts of closed orders that were moved to the archive. */
  archived: { paymentAttempts: number };
  pruned: PrunedRows;
  checks: CheckResult;
  /** Ids of the jobs that mail the report, one for each recipient. */
  mailings?: string[];
  /** Of runs of releases that mailed all copies themselves: how many recipients' mail servers had accepted or refused it. */
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
