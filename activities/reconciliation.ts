import { jobRules } from '../domain/job-rules.ts';
import { jobs } from '../contracts/catalogue.ts';
import { returnPayment } from '../contracts/jobs/return-payment.ts';
import { processOrder } from '../contracts/jobs/process-order.ts';
import { ApplicationFailure, Context, getClient, log } from '@temporalio/activity';
import { z } from 'zod';
import { jobId } from 'durable-jobs/define';
import { failureTypes } from '../contracts/errors.ts';
import type { SyncPaymentsResult } from '../contracts/jobs/sync-payments.ts';
import type { ShopWorkerConfig } from '../domain/config.ts';
import type { Db } from '../domain/database/schema.ts';
import { closedOrderStatuses } from '../domain/orders/order-status.ts';
import { createPace, errorMessage, required } from 'durable-jobs/process';
import { enqueueStart, findRun, type JobRun, settleTerminated } from 'durable-jobs/jobs';
import { compareOrder, type Discrepancy } from '../domain/reconciliation/compare.ts';
import {
  PaymentRateLimitedError,
  PaymentRejectedError,
  PaymentUnavailableError,
  type PaymentProvider,
} from '../domain/payments/provider.ts';
import { recordFinding } from '../domain/reconciliation/findings.ts';
import { setPaymentIntent, setRefund } from '../domain/orders/order-payments.ts';
import type { Order } from '../domain/orders/orders.ts';
import {
  findOrdersToCompare,
  findPaymentsOf,
  findPaymentsWithoutOrder,
  findUnseenIntents,
  keepMissingPayment,
  keepPayments,
  keepRefunds,
  readPaymentsWithoutOrder,
  readQuietOrders,
  unseenAmong,
} from '../domain/reconciliation/provider-payments.ts';
import {
  abandonReconciliation,
  beginReconciliation,
  completeReconciliation,
  findReconciliation,
  linkFinding,
  type Reconciliation,
  type ReconciliationCounts,
} from '../domain/reconciliation/reconciliations.ts';
import { callEngine, type Step, walk } from 'durable-jobs/engine';

/** Dependencies of the reconciliation's activities. */
export interface ReconciliationDeps {
  db: Db;
  payments: PaymentProvider;
  settings: Pick<
    ShopWorkerConfig,
    'RECONCILIATION_WINDOW' | 'RECONCILIATION_QUIET_TIME' | 'PAYMENTS_PER_SECOND'
  >;
}

/** The run. */
export interface RunInput {
  reconciliationId: string;
}

/** The reconciliation's activities, as workflows call them. */
export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;

/**
 * Ids that one query finds: it reads all that the run compares, so that a query for each step would read n² rows. Kept in memory, they
 * take a few MiB.
 */
const FOUND = 50_000;
/** Orders, or payments, that one step compares. */
const COMPARED = 200;
/** Payments that one step requests individually: at the default rate, this takes about ten seconds. */
const ASKED = 25;
/** The rest of the provider's rate is for calls that people wait for: charges and refunds. */
const SHARE_OF_RATE = 5;

const count = z.number().int().nonnegative();
const listCheckpoint = z.object({ after: z.string().nullable(), count });

/**
 * Returns ids page by page, and an empty page after the last one. `find` finds up to `atOnce` of them, those after the last one of the page
 * before; the caller gives that one, which an earlier attempt may have processed.
 */
function inPages(
  find: (after: string | null, limit: number) => Promise<string[]>,
  { atOnce, size }: { atOnce: number; size: number },
): (after: string | null) => Promise<string[]> {
  let ids: string[] = [];
  let at = 0;
  let isLast = false;
  return async (after) => {
    if (at === ids.length && !isLast) {
      ids = await find(after, atOnce);
      at = 0;
      isLast = ids.length < atOnce;
    }
    const page = ids.slice(at, at + size);
    at += page.length;
    return page;
  };
}

/** Creates the activities of a reconciliation. Each of them continues from its last heartbeat, and repeating a step changes nothing. */
export function createReconciliationActivities(deps: ReconciliationDeps, idsAtOnce = FOUND) {
  const { db, payments, settings } = deps;
  const quietMs = settings.RECONCILIATION_QUIET_TIME;
  const pace = createPace(settings.PAYMENTS_PER_SECOND / SHARE_OF_RATE);

  /** Calls the provider within its rate, and converts its errors to failures that the engine stores. */
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    await pace(Context.current().cancellationSignal);
    try {
      return await question();
    } catch (error) {
      if (error instanceof PaymentRejectedError) {
        throw ApplicationFailure.nonRetryable(error.message, failureTypes.paymentRejected);
      }
      if (!(error instanceof PaymentUnavailableError)) throw error;
      throw ApplicationFailure.create({
        message: error.message,
        type: failureTypes.paymentProviderUnavailable,
        ...(error instanceof PaymentRateLimitedError &&
          error.retryAfterMs !== undefined && { nextRetryDelay: error.retryAfterMs }),
      });
    }
  };

  const getRun = async ({ reconciliationId }: RunInput): Promise<Reconciliation> =>
    required(await findReconciliation(db, reconciliationId), `reconciliation ${reconciliationId}`);

  /** Reads a list of the provider, newest first, and stores its entries. */
  const readList = async (
    readPage: (after: string | null) => Promise<{ read: number; next: string | undefined }>,
  ): Promise<number> => {
    const { count: total } = await walk(listCheckpoint, { after: null, count: 0 }, async (checkpoint) => {
      const { read, next } = await readPage(checkpoint.after);
      return {
        checkpoint: { after: next ?? null, count: checkpoint.count + read },
        done: next === undefined,
      };
    });
    return total;
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
    /** Records that the run begins. A repeat finds it recorded; the workflow created the id. */
    async beginReconciliation({ reconciliationId }: RunInput): Promise<void> {
      await beginReconciliation(db, {
        id: reconciliationId,
        jobId: Context.current().info.workflowExecution?.workflowId ?? reconciliationId,
        windowMs: settings.RECONCILIATION_WINDOW,
      });
    },

    /** Copies the payments of the window from the provider, and returns their number. */
    async readPayments(input: RunInput): Promise<number> {
      const { windowStart: createdFrom } = await getRun(input);
      return readList(async (after) => {
        const page = await ask(() =>
          payments.listPayments({ createdFrom, ...(after !== null && { after }) }),
        );
        // The account may have other users; payments without an order are not ours.
        await keepPayments(
          db,
          page.items.filter((payment) => payment.orderId !== null),
        );
        return { read: page.items.length, next: page.next };
      });
    },

    /** Copies the refunds of the window from the provider, and returns their number. */
    async readRefunds(input: RunInput): Promise<number> {
      const { windowStart: createdFrom } = await getRun(input);
      return readList(async (after) => {
        const page = await ask(() => payments.listRefunds({ createdFrom, ...(after !== null && { after }) }));
        await keepRefunds(db, page.items);
        return { read: page.items.length, next: page.next };
      });
    },

    /** Requests the relevant payments that the lists did not contain, one by one; returns their number. */
    async readUnseenPayments(input: RunInput): Promise<number> {
      const run = await getRun(input);
      // What was requested is not found again.
      const nextPage = inPages((_, limit) => findUnseenIntents(db, run, { limit, quietMs }), {
        atOnce: idsAtOnce,
        size: ASKED,
      });
      const { count: total } = await walk(z.object({ count }), { count: 0 }, async (checkpoint) => {
        const page = await nextPage(null);
        const intentIds = await unseenAmong(db, run, page);
        for (const intentId of intentIds) {
          const found = await ask(() => payments.findPayment(intentId));
          if (found) {
            // The payment last: when it is stored, its refunds count as read.
            await keepRefunds(db, found.refunds);
            await keepPayments(db, [found.payment]);
          } else {
            await keepMissingPayment(db, intentId);
          }
        }
        return { checkpoint: { count: checkpoint.count + intentIds.length }, done: page.length === 0 };
      });
      return total;
    },

    /**
     * Compares orders with the payments that were read, records differences and repairs what is safe; returns the number of compared
     * orders. A repeat is safe: a finding has a key, a recorded refund no longer differs, and the return of a payment is one job per order.
     * Each repair is in one transaction with its finding, under a lock on the order.
     */
    async compareOrders(input: RunInput): Promise<number> {
      const run = await getRun(input);
      const nextPage = inPages((after, limit) => findOrdersToCompare(db, run, { after, limit, quietMs }), {
        atOnce: idsAtOnce,
        size: COMPARED,
      });
      const { count: total } = await walk(
        listCheckpoint,
        { after: null, count: 0 },
        async ({ after, count: before }): Promise<Step<z.infer<typeof listCheckpoint>>> => {
          const ids = await nextPage(after);
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
          return {
            checkpoint: { after: ids.at(-1) ?? after, count: before + compared },
            done: ids.length === 0,
          };
        },
      );
      return total;
    },

    /** Records payments for orders that do not exist here. Repeats are safe: a finding has a key. */
    async comparePayments(input: RunInput): Promise<void> {
      const run = await getRun(input);
      const nextPage = inPages(
        (after, limit) => findPaymentsWithoutOrder(db, run, { after, limit, quietMs }),
        { atOnce: idsAtOnce, size: COMPARED },
      );
      await walk(listCheckpoint, { after: null, count: 0 }, async ({ after, count: before }) => {
        const ids = await nextPage(after);
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
        return {
          checkpoint: { after: ids.at(-1) ?? after, count: before + payments.length },
          done: ids.length === 0,
        };
      });
    },

    /** Ends the run and resolves the findings that it did not see again. A repeat returns the stored result. */
    async completeReconciliation(input: RunInput & ReconciliationCounts): Promise<SyncPaymentsResult> {
      const { reconciliationId, ...counts } = input;
      const run = await completeReconciliation(db, reconciliationId, counts, quietMs);
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
    },

    /** Records that the run was not completed. A repeat changes nothing. */
    async abandonReconciliation(input: RunInput & { status: 'failed' | 'cancelled' }): Promise<void> {
      await abandonReconciliation(db, input.reconciliationId, input.status);
    },
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
