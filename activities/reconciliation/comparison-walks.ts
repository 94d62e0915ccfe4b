import { ApplicationFailure, getClient, log } from '@temporalio/activity';
import { jobId } from 'durable-jobs/define';
import { callEngine } from 'durable-jobs/engine';
import { enqueueStart, findRun, type JobRun, settleTerminated } from 'durable-jobs/jobs';
import { errorMessage } from 'durable-jobs/process';
import { jobs } from '../../contracts/catalogue.ts';
import { processOrder } from '../../contracts/jobs/process-order.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { setPaymentIntent, setRefund } from '../../domain/orders/order-payments.ts';
import { closedOrderStatuses } from '../../domain/orders/order-status.ts';
import type { Order } from '../../domain/orders/orders.ts';
import { compareOrder, type Discrepancy } from '../../domain/reconciliation/compare.ts';
import { recordFinding } from '../../domain/reconciliation/findings.ts';
import {
  findOrdersToCompare,
  findPaymentsOf,
  findPaymentsWithoutOrder,
  readPaymentsWithoutOrder,
  readQuietOrders,
} from '../../domain/reconciliation/provider-payments.ts';
import { linkFinding, type Reconciliation } from '../../domain/reconciliation/reconciliations.ts';
import type { ReconciliationDeps } from './deps.ts';
import { inPages } from './in-pages.ts';
import type { Walk } from './walk-parts.ts';

/** Orders, or payments, that one step compares. */
const COMPARED = 200;

/** The walks that compare our rows with the copied data of the provider. */
export interface ComparisonWalks {
  /**
   * Compares orders with the payments that were read, records differences and repairs what is safe. A repeat is safe: a finding has a key, a
   * recorded refund no longer differs, and the return of a payment is one job per order. Each repair is in one transaction with its finding,
   * under a lock on the order.
   */
  orders: Walk<Reconciliation>;
  /** Records payments for orders that do not exist here. Repeats are safe: a finding has a key. */
  paymentsWithoutOrder: Walk<Reconciliation>;
}

/** Creates the walks that compare our rows with the copied data of the provider. */
export function createComparisonWalks(
  { db, settings }: ReconciliationDeps,
  idsAtOnce: number,
): ComparisonWalks {
  const quietMs = settings.RECONCILIATION_QUIET_TIME;

  /** Walks over what `find` finds, by id. `compare` returns how much of a page it has compared. */
  const byId =
    (
      find: typeof findOrdersToCompare,
      compare: (run: Reconciliation, ids: string[]) => Promise<number>,
    ): Walk<Reconciliation> =>
    (run) => {
      const nextPage = inPages((after, limit) => find(db, run, { after, limit, quietMs }), {
        atOnce: idsAtOnce,
        size: COMPARED,
      });
      return async ({ after, count }) => {
        const ids = await nextPage(after);
        const compared = await compare(run, ids);
        return {
          checkpoint: { after: ids.at(-1) ?? after, count: count + compared },
          done: ids.length === 0,
        };
      };
    };

  /** Records a discrepancy, and repairs it if that is safe, unless the order has changed since it was read. */
  const settle = async (
    run: Reconciliation,
    discrepancy: Discrepancy,
    order: Order | undefined,
  ): Promise<void> => {
    const { kind, subject, details, repair } = discrepancy;
    await db.transaction().execute(async (trx) => {
      if (order) {
        const now = await trx
          .selectFrom('orders')
          .select('updatedAt')
          .where('id', '=', order.id)
          .forUpdate()
          .executeTakeFirst();
        if (now?.updatedAt.getTime() !== order.updatedAt.getTime()) return;
      }
      const findingId = await recordFinding(trx, {
        source: 'payments',
        kind,
        subject,
        orderId: order?.id ?? null,
        details,
        repair: repair?.action ?? null,
        // A refund in progress is not complete yet: a later run records its completion.
        resolved: repair?.action === 'record_refund',
        runId: run.id,
      });
      await linkFinding(trx, run.id, findingId);
      if (!repair || !order) return;
      if (repair.action === 'record_refund') {
        await setRefund(trx, order, { refundId: repair.refundId, amountMinor: repair.refundedMinor });
      } else {
        // An order rarely does not know its payment: it was closed before it could record it.
        await setPaymentIntent(trx, order, repair.intentId);
        await enqueueStart(trx, returnPayment, { orderId: order.id, reason: repair.reason }, { by: 'relay' });
      }
    });
    log.warn('a payment differs', { kind, subject, repair: repair?.action });
  };

  /** Closes an order whose job was terminated in another way than over our API, which would have closed it. */
  const closeAbandoned = async (run: Reconciliation, order: Order, job: JobRun): Promise<void> => {
    await db.transaction().execute(async (trx) => {
      const { starts } = await settleTerminated(jobRules, trx, job);
      if (starts.length === 0) return;
      const findingId = await recordFinding(trx, {
        source: 'payments',
        kind: 'order_without_job',
        subject: `order:${order.id}`,
        orderId: order.id,
        details: { orderId: order.id, orderStatus: order.status, jobId: job.id },
        repair: 'close_order',
        resolved: true,
        runId: run.id,
      });
      await linkFinding(trx, run.id, findingId);
    });
    log.warn('an order was left open by its job, which was terminated', { orderId: order.id });
  };

  return {
    orders: byId(findOrdersToCompare, async (run, ids) => {
      const orders = await readQuietOrders(db, run, ids, quietMs);
      const there = await findPaymentsOf(db, run, orders);
      let compared = 0;
      for (const order of orders) {
        const terminated = await findTerminatedJob(order);
        if (terminated) {
          compared++;
          await closeAbandoned(run, order, terminated);
          continue;
        }
        const own = there.filter(
          (payment) => payment.orderId === order.id || payment.intentId === order.paymentIntentId,
        );
        // If its payment was not read, the order cannot be judged.
        const intentId = order.paymentIntentId;
        if (intentId !== null && !own.some((payment) => payment.intentId === intentId)) continue;
        compared++;
        for (const discrepancy of compareOrder(toHere(order), own)) {
          if (discrepancy.unlessJobRuns && (await isJobRunning(order.id))) continue;
          await settle(run, discrepancy, order);
        }
      }
      return compared;
    }),

    paymentsWithoutOrder: byId(findPaymentsWithoutOrder, async (run, ids) => {
      const payments = await readPaymentsWithoutOrder(db, run, ids, quietMs);
      for (const payment of payments) {
        const discrepancy: Discrepancy = {
          kind: 'payment_without_order',
          subject: `payment:${payment.intentId}`,
          details: {
            intentId: payment.intentId,
            statusThere: payment.status,
            amountThere: payment.receivedMinor,
            currencyThere: payment.currency,
            refundedThere: payment.refundedMinor,
          },
        };
        await settle(run, discrepancy, undefined);
      }
      return payments.length;
    }),
  };
}

function toHere(order: Order) {
  return {
    id: order.id,
    status: order.status,
    amountMinor: order.amountMinor,
    currency: order.currency,
    intentId: order.paymentIntentId,
    refundedMinor: order.refundedMinor,
  };
}

/** Returns the job of an order that is still open, if the job was terminated. */
async function findTerminatedJob(order: Order): Promise<JobRun | undefined> {
  if (closedOrderStatuses.includes(order.status)) return undefined;
  const run = await findJobOf(order.id);
  return run?.status === 'terminated' ? run : undefined;
}

/** Whether the job of an order is still open: if so, it will determine the outcome of its payment itself. */
async function isJobRunning(orderId: string): Promise<boolean> {
  const run = await findJobOf(orderId);
  return run?.status === 'open';
}

/** Returns the newest run of an order's job, or undefined. */
async function findJobOf(orderId: string): Promise<JobRun | undefined> {
  const client = getClient();
  try {
    return await callEngine(client, () => findRun({ client, jobs }, jobId(processOrder, { orderId })));
  } catch (error) {
    throw ApplicationFailure.retryable(
      `the state of a job could not be read from the engine: ${errorMessage(error)}`,
    );
  }
}
