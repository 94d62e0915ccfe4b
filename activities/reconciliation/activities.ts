import { Context } from '@temporalio/activity';
import { required } from 'durable-jobs/process';
import type { SyncPaymentsResult } from '../../contracts/jobs/sync-payments.ts';
import {
  abandonReconciliation,
  beginReconciliation,
  completeReconciliation,
  findReconciliation,
  type Reconciliation,
  type ReconciliationCounts,
} from '../../domain/reconciliation/reconciliations.ts';
import { createComparisonWalks } from './comparison-walks.ts';
import type { ReconciliationDeps } from './deps.ts';
import { createProviderWalks } from './provider-walks.ts';
import { walkPart, walkParts } from './walk-parts.ts';

/** The run. */
export interface RunInput {
  reconciliationId: string;
}

/** What was read from the provider. */
export interface ReadFromProvider {
  /** Of its list, and requested one by one. */
  payments: number;
  refunds: number;
}

/** The reconciliation's activities, as workflows call them. */
export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;

/**
 * Ids that one query finds: it reads all that the run compares, so that a query for each step would read n² rows. Kept in memory, they
 * take a few MiB.
 */
const FOUND = 50_000;

/**
 * Creates the activities of a reconciliation. Each of them continues from its last heartbeat, and repeating a step changes nothing. Runs that began
 * with the first release have an activity for each part of the two walks; these activities may go when no such run can be open.
 */
export function createReconciliationActivities(deps: ReconciliationDeps, idsAtOnce = FOUND) {
  const { db, settings } = deps;
  const there = createProviderWalks(deps, idsAtOnce);
  const here = createComparisonWalks(deps, idsAtOnce);

  const getRun = async ({ reconciliationId }: RunInput): Promise<Reconciliation> =>
    required(await findReconciliation(db, reconciliationId), `reconciliation ${reconciliationId}`);

  /** Records that the run begins. A repeat finds it recorded; the workflow created the id. */
  const begin = ({ reconciliationId }: RunInput): Promise<void> =>
    beginReconciliation(db, {
      id: reconciliationId,
      jobId: Context.current().info.workflowExecution?.workflowId ?? reconciliationId,
      windowMs: settings.RECONCILIATION_WINDOW,
    });

  /** Ends the run and resolves the findings that it did not see again. A repeat returns the stored result. */
  const complete = async (
    { reconciliationId }: RunInput,
    counts: ReconciliationCounts,
  ): Promise<SyncPaymentsResult> => {
    const run = await completeReconciliation(
      db,
      reconciliationId,
      counts,
      settings.RECONCILIATION_QUIET_TIME,
    );
    return {
      reconciliationId,
      payments: run.payments,
      refunds: run.refunds,
      orders: run.orders,
      found: run.found,
      repaired: run.repaired,
      resolved: run.resolved,
      open: run.open,
    };
  };

  return {
    /** Begins the run and copies payments and refunds from the provider. */
    async readFromProvider(input: RunInput): Promise<ReadFromProvider> {
      await begin(input);
      const run = await getRun(input);
      const [payments = 0, refunds = 0, unseen = 0] = await walkParts([
        there.payments(run),
        there.refunds(run),
        there.unseen(run),
      ]);
      return { payments: payments + unseen, refunds };
    },

    /** Compares orders and payments, settles the differences, and completes the run. */
    async compareWithProvider({
      read,
      ...input
    }: RunInput & { read: ReadFromProvider }): Promise<SyncPaymentsResult> {
      const run = await getRun(input);
      const [orders = 0] = await walkParts([here.orders(run), here.paymentsWithoutOrder(run)]);
      return complete(input, { ...read, orders });
    },

    /** Records that the run was not completed. A repeat changes nothing. */
    async abandonReconciliation(input: RunInput & { status: 'failed' | 'cancelled' }): Promise<void> {
      await abandonReconciliation(db, input.reconciliationId, input.status);
    },

    beginReconciliation: begin,

    readPayments: async (input: RunInput): Promise<number> => walkPart(there.payments(await getRun(input))),

    readRefunds: async (input: RunInput): Promise<number> => walkPart(there.refunds(await getRun(input))),

    readUnseenPayments: async (input: RunInput): Promise<number> =>
      walkPart(there.unseen(await getRun(input))),

    compareOrders: async (input: RunInput): Promise<number> => walkPart(here.orders(await getRun(input))),

    comparePayments: async (input: RunInput): Promise<void> => {
      await walkPart(here.paymentsWithoutOrder(await getRun(input)));
    },

    completeReconciliation: ({
      reconciliationId,
      ...counts
    }: RunInput & ReconciliationCounts): Promise<SyncPaymentsResult> =>
      complete({ reconciliationId }, counts),
  };
}
