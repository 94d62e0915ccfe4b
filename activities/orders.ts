import { returnPayment } from '../contracts/jobs/return-payment.ts';
import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { failureTypes } from '../contracts/errors.ts';
import type { ReturnPaymentInput, ReturnPaymentResult } from '../contracts/jobs/return-payment.ts';
import { enqueueStart, type UncountedAttempt } from 'durable-jobs/jobs';
import type { Db } from '../domain/database/schema.ts';
import { moneylessOrderStatuses, type OrderStatus } from '../domain/orders/order-status.ts';
import { isDatabaseUnavailable, whileDatabaseAnswers } from 'durable-jobs/database';
import { errorMessage } from 'durable-jobs/process';
import {
  PaymentRateLimitedError,
  PaymentRejectedError,
  PaymentUnavailableError,
  type PaymentProvider,
  type PaymentState,
} from '../domain/payments/provider.ts';
import {
  beginPaymentAttempt,
  endPaymentAttempt,
  type AttemptEnd,
  type BegunAttempt,
} from '../domain/orders/payment-attempts.ts';
import {
  beginRefund,
  paymentKey,
  setPaymentIntent,
  setPaymentReturned,
  setRefund,
} from '../domain/orders/order-payments.ts';
import { findOrder, setOrderStatus, type Order } from '../domain/orders/orders.ts';
import { findRepricing } from '../domain/orders/order-repricings.ts';
import { OutOfStockError, reserveStock } from '../domain/orders/stock.ts';
import { tellAmount } from './tell-amount.ts';
import { heartbeating } from './heartbeating.ts';

/** Dependencies of the order activities. */
export interface OrderDeps {
  db: Db;
  payments: PaymentProvider;
}

/** How a charge ended, if it did not fail; `cancelled`: the order was closed before it began. */
export type ChargeResult =
  | { outcome: 'succeeded' }
  | { outcome: 'cancelled' }
  | { outcome: 'declined'; code: string; message: string };

/** The order activities, as workflows call them. */
export type OrderActivities = ReturnType<typeof createOrderActivities>;

/** Creates the activities of an order: its payment, its stock and its status. */
export function createOrderActivities(deps: OrderDeps) {
  return {
    /**
     * Takes the payment of an order with the payment method of a revision. A repeat is safe: all attempts use one payment intent, created
     * with the order's key, and an intent takes money once; each confirmation has the key of its order and revision. If the response of an
     * earlier attempt was lost, the intent's state shows its result.
     *
     * A cancelled attempt continues to its end, because only its result shows whether the payment was taken.
     * @throws ApplicationFailure `PaymentProviderUnavailable` (retried), `PaymentRejected` (not retried) or `PaymentRateLimited`, which
     * uses up no attempt.
     */
    chargeOrder: heartbeating(
      async ({ orderId, revision }: { orderId: string; revision: number }): Promise<ChargeResult> => {
        const begun = await whileDatabaseAnswers(() => beginPaymentAttempt(deps.db, { orderId, revision }));
        if (!begun) {
          // An order that does not exist was not cancelled either.
          await whileDatabaseAnswers(() => getOrder(deps.db, orderId));
          return { outcome: 'cancelled' };
        }
        const end = (result: AttemptEnd): Promise<void> =>
          whileDatabaseAnswers(() => endPaymentAttempt(deps.db, begun, result));
        let state: PaymentState;
        try {
          state = await takePayment(deps, begun);
        } catch (error) {
          if (isDatabaseUnavailable(error)) throw error;
          const failure = toFailure(error);
          await end({ outcome: 'failed', code: failure.type ?? 'Error', message: failure.message });
          throw failure;
        }
        if (state.status === 'succeeded') {
          await end({ outcome: 'succeeded' });
          return { outcome: 'succeeded' };
        }
        if (state.status === 'declined') {
          const { code, message } = state;
          await end({ outcome: 'declined', code, message });
          return { outcome: 'declined', code, message };
        }
        const message = `the payment is ${state.status === 'open' ? 'still in progress' : 'already released'}`;
        await end({ outcome: 'failed', code: state.status, message });
        throw state.status === 'open'
          ? ApplicationFailure.retryable(message, failureTypes.paymentProviderUnavailable)
          : ApplicationFailure.nonRetryable(message, failureTypes.paymentRejected);
      },
    ),

    /**
     * Returns an order's payment and prevents any further charge: releases its intent, or refunds it if the payment was taken. Repeats are
     * safe: each call has the order's key, and an intent can be released, or refunded in full, only once. If no intent is known, it is
     * first created under the key that a charge would use, so that a worker that was presumed dead and still charges the order finds the
     * released intent. A repeat after the order was reopened does not touch its new payment.
     */
    returnPayment: heartbeating(
      async ({ orderId, reason }: ReturnPaymentInput): Promise<ReturnPaymentResult> => {
        const order = await getOrder(deps.db, orderId);
        if (!moneylessOrderStatuses.includes(order.status)) {
          // The order was reopened, and its former payment was returned before that.
          log.info('the payment must not be returned', { orderId, status: order.status });
          return { outcome: 'released' };
        }
        try {
          const outcome = await returnMoney(deps, order, reason);
          await setPaymentReturned(deps.db, order, outcome);
          log.info('the payment was returned', { orderId, reason, outcome });
          return { outcome };
        } catch (error) {
          // Even a refusal is retried: someone must fix its cause, at the provider or here, and then the activity
          // continues.
          const { message, type, nextRetryDelay } = toFailure(error);
          throw ApplicationFailure.create({
            message,
            ...(type && { type }),
            ...(nextRetryDelay && { nextRetryDelay }),
          });
        }
      },
    ),

    /** Sets an order's status. A repeat is safe: a closed order keeps its status. */
    async setOrderStatus(change: {
      orderId: string;
      status: OrderStatus;
      failure?: { code: string; message: string };
    }): Promise<void> {
      await setOrderStatus(deps.db, change.orderId, change.status, change.failure);
    },

    /**
     * Commits a start of the job `returnPayment`, which the relay makes when the order's open run of that job has ended. A repeat is safe:
     * of identical waiting starts, one is made, and another run returns nothing twice.
     */
    async queueReturnPayment(input: ReturnPaymentInput): Promise<void> {
      await deps.db.transaction().execute((trx) => enqueueStart(trx, returnPayment, input, { by: 'relay' }));
    },

    /**
     * Decides, for all attempts, that a paid order's payment is returned, unless the order was completed after all. Repeats are safe: the
     * order's status is the key.
     */
    async beginRefund({
      orderId,
      reason,
    }: {
      orderId: string;
      reason: string;
    }): Promise<{ outcome: 'refunding' | 'completed' }> {
      const refunding = await beginRefund(deps.db, orderId, { code: 'not_fulfilled', message: reason });
      return { outcome: refunding ? 'refunding' : 'completed' };
    },

    /**
     * Reserves an order's stock and completes the order. A repeat is safe: it finds the order completed. A database that does not respond
     * in time counts as an outage, because everything that this step needs is in it.
     * @throws ApplicationFailure `OutOfStock`, which a retry cannot resolve.
     */
    async fulfilOrder({ orderId }: { orderId: string }): Promise<void> {
      try {
        await whileDatabaseAnswers(() => reserveStock(deps.db, orderId));
      } catch (error) {
        if (!(error instanceof OutOfStockError)) throw error;
        throw ApplicationFailure.nonRetryable(error.message, failureTypes.outOfStock);
      }
    },
  };
}

/** Releases an order's payment, or refunds it if it was taken. */
async function returnMoney(
  deps: OrderDeps,
  order: Order,
  reason: ReturnPaymentInput['reason'],
): Promise<ReturnPaymentResult['outcome']> {
  const intentId = order.paymentIntentId ?? (await createIntentToRelease(deps, order));
  if (intentId === undefined) return 'released';
  const state = await deps.payments.release(intentId, paymentKey(order, 'release'));
  if (state.status === 'released') return 'released';
  if (state.status !== 'succeeded') {
    throw new PaymentUnavailableError(`the payment cannot be released yet: it is ${state.status}`);
  }
  const refund = await deps.payments.refund(intentId, {
    metadata: { orderId: order.id, reason },
    idempotencyKey: paymentKey(order, 'refund'),
  });
  await setRefund(deps.db, order, refund);
  return 'refunded';
}

async function takePayment(
  deps: OrderDeps,
  { order, revision, attempt, paymentMethod }: BegunAttempt,
): Promise<PaymentState> {
  const { db, payments } = deps;
  if (order.paymentIntentId !== null && attempt > 1) {
    // An earlier attempt may have succeeded although its response was lost. A decline proves nothing here: it may belong to an earlier
    // payment method.
    const state = await payments.getState(order.paymentIntentId);
    if (state.status === 'succeeded' || state.status === 'released') return state;
  }
  const intentId = order.paymentIntentId ?? (await createIntent(deps, order));
  // While this attempt is in progress, the price does not change. The provider must have it before the payment is taken.
  const repricing = await findRepricing(db, order);
  if (repricing) await tellAmount(deps, repricing, { byCharge: true });
  return payments.confirm(intentId, paymentMethod, paymentKey(order, `confirm:${revision}`));
}

/** Creates an order's payment intent; a repeat, from any activity, returns the same intent. */
async function createIntent({ db, payments }: OrderDeps, order: Order): Promise<string> {
  const intentId = await payments.createIntent({
    amountMinor: order.amountMinor,
    currency: order.currency,
    metadata: { orderId: order.id },
    idempotencyKey: paymentKey(order, 'intent'),
  });
  await setPaymentIntent(db, order, intentId);
  return intentId;
}

/** The same as {@link createIntent}; undefined if the provider refuses payments of this kind, so that nothing can be taken. */
async function createIntentToRelease(deps: OrderDeps, order: Order): Promise<string | undefined> {
  try {
    return await createIntent(deps, order);
  } catch (error) {
    if (error instanceof PaymentRejectedError) return undefined;
    throw error;
  }
}

async function getOrder(db: Db, orderId: string): Promise<Order> {
  const order = await findOrder(db, orderId);
  if (!order)
    throw ApplicationFailure.nonRetryable(`the order ${orderId} does not exist`, failureTypes.orderNotFound);
  return order;
}

/** Returns a failure that does not count as an attempt of a charge: the workflow waits for its turn. */
function rateLimited({ message, retryAfterMs }: PaymentRateLimitedError): ApplicationFailure {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return ApplicationFailure.create({
    message,
    type: failureTypes.paymentRateLimited,
    details: [{ attempt: Context.current().info.attempt, ...wait } satisfies UncountedAttempt],
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof PaymentRejectedError) {
    return ApplicationFailure.nonRetryable(error.message, failureTypes.paymentRejected);
  }
  if (error instanceof PaymentRateLimitedError) return rateLimited(error);
  const type = error instanceof PaymentUnavailableError ? failureTypes.paymentProviderUnavailable : 'Error';
  return ApplicationFailure.retryable(errorMessage(error), type);
}
