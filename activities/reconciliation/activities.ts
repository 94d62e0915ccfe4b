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
 * Creates the activities of a reconciliation. Each of them continues from its last heartbeat, and repeating a step changes nothing. Runs that
 * began with an earlier release call one activity for each walk, one to begin and one to complete; these seven can be removed once no such run
 * can be open.
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
    readFromProvider: (input: RunInput): Promise<ReadFromProvider> =>
      walkParts({
        begin: async () => {
          await begin(input);
          return getRun(input);
        },
        walks: [there.payments, there.refunds, there.unseen],
        end: ([payments = 0, refunds = 0, unseen = 0]) =>
          Promise.resolve({ payments: payments + unseen, refunds }),
      }),

    /** Compares orders and payments, settles the differences, and completes the run. */
    compareWithProvider: ({
      read,
      ...input
    }: RunInput & { read: ReadFromProvider }): Promise<SyncPaymentsResult> =>
      walkParts({
        begin: () => getRun(input),
        walks: [here.orders, here.paymentsWithoutOrder],
        end: ([orders = 0]) => complete(input, { ...read, orders }),
      }),

    /** Records that the run was not completed, even if it was not recorded that it began. A repeat changes nothing. */
    abandonReconciliation: async (input: RunInput & { status: 'failed' | 'cancelled' }): Promise<void> => {
      await begin(input);
      await abandonReconciliation(db, input.reconciliationId, input.status);
    },

    // The seven of earlier releases.
    beginReconciliation: begin,

    readPayments: async (input: RunInput): Promise<number> => walkPart(await getRun(input), there.payments),

    readRefunds: async (input: RunInput): Promise<number> => walkPart(await getRun(input), there.refunds),

    readUnseenPayments: async (input: RunInput): Promise<number> =>
      walkPart(await getRun(input), there.unseen),

    compareOrders: async (input: RunInput): Promise<number> => walkPart(await getRun(input), here.orders),

    comparePayments: async (input: RunInput): Promise<void> => {
      await walkPart(await getRun(input), here.paymentsWithoutOrder);
    },

    completeReconciliation: ({
      reconciliationId,
      ...counts
    }: RunInput & ReconciliationCounts): Promise<SyncPaymentsResult> =>
      complete({ reconciliationId }, counts),
  };
}
