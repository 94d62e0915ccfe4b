import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { EmailActivities, OrderEmail } from '../activities/emails.ts';
import type { OrderActivities } from '../activities/orders.ts';
import {
  databaseOptions,
  kebabCase,
  operatorWaits,
  proxyCountedActivities,
  searchAttributes,
} from 'durable-jobs/workflow';
import { failureTypes, type FailureType } from '../contracts/errors.ts';
import type { ProcessOrderInput, ProcessOrderResult } from '../contracts/jobs/process-order.ts';
import type { ReturnPaymentInput } from '../contracts/jobs/return-payment.ts';
import { cancelOrderUpdate, changePaymentMethodUpdate } from '../contracts/messages.ts';
import { timerSummaries } from '../contracts/names.ts';
import { chargeOptions, emailOptions, fulfilmentOptions, returnPaymentOptions } from './policies.ts';
import { returnPayment } from './returnPayment.ts';

const { returnPayment: refundOrder } = proxyActivities<OrderActivities>(returnPaymentOptions);
const { beginRefund, queueReturnPayment, setOrderStatus } = proxyActivities<OrderActivities>(databaseOptions);
const { fulfilOrder } = proxyCountedActivities<OrderActivities>(fulfilmentOptions);
const { sendOrderEmail } = proxyCountedActivities<EmailActivities>(emailOptions);

/** How long an order with a declined card waits for another one. */
const NEW_CARD_WAIT_MS = 24 * 60 * 60 * 1000;

/** Our longest wait for a provider that accepts no more calls; the provider may request a longer one. */
const LONGEST_TURN_MS = 5 * 60_000;

/** The phase of an order. Until its money is taken, it can be cancelled. */
type Phase = 'charging' | 'awaitingPaymentMethod' | 'paid' | 'closed';

/** Why an order was closed without payment. */
type Unpaid =
  Extract<ProcessOrderResult, { outcome: 'cancelled' }> | { outcome: 'payment_failed'; message: string };

/**
 * Processes an order from its acceptance to its end: payment, stock, receipt. Until the money is taken, it can be cancelled. An order with
 * a declined card waits for another one. If an order cannot be completed, its money is returned.
 */
export async function processOrder(input: ProcessOrderInput): Promise<ProcessOrderResult> {
  const { orderId } = input;
  const job = CancellationScope.current();
  // The scope that cancelling the order cancels. It is a child of the job's own scope, so cancelling the job cancels it
  // as well. Everything after it runs in a scope that cannot be cancelled.
  const payment = new CancellationScope();
  const background: Promise<unknown>[] = [];
  let phase: Phase = 'charging';
  let revision = input.revision ?? 1;
  const operator = operatorWaits();
  const isCharging = (): boolean => phase === 'charging';
  const { chargeOrder } = proxyCountedActivities<OrderActivities>(
    chargeOptions,
    {
      [failureTypes.paymentRateLimited]: async ({ retryAfterMs = 0 }, times) => {
        await operator.wait({
          until: Date.now() + Math.max(retryAfterMs, Math.min(2 ** times * 1_000, LONGEST_TURN_MS)),
          isOver: () => false,
          summary: timerSummaries.paymentTurn,
          details: (until) =>
            `The payment provider accepts no more calls for now. The next call is at ${until}.`,
        });
      },
    },
    // In the first release, charges waited for the end of a database outage here; later, every activity does so.
    { outagesUnmarked: true },
  );
  /** Set when it is known, and stored, whether the order was paid. */
  let settled = false;

  setHandler(
    cancelOrderUpdate,
    () =>
      CancellationScope.nonCancellable(async () => {
        payment.cancel();
        // A charge in progress decides: it may have taken the money.
        await condition(() => settled);
        if (phase === 'paid') throw alreadyPaid();
        return { status: 'cancelled' as const };
      }),
    {
      validator: () => {
        if (phase === 'paid') throw alreadyPaid();
        if (phase === 'closed') throw refusal('The order is closed.', failureTypes.orderClosed);
      },
    },
  );
  setHandler(
    changePaymentMethodUpdate,
    (change) => {
      revision = change.revision;
      phase = 'charging';
      return { revision };
    },
    {
      validator: (_change: { revision: number }) => {
        if (phase === 'awaitingPaymentMethod') return;
        throw refusal(
          'The order is not waiting for a payment method.',
          failureTypes.orderNotAwaitingPaymentMethod,
        );
      },
    },
  );

  /** Charges until the money is taken. Returns why it cannot be taken, or undefined if it is. */
  const takePayment = async (): Promise<Unpaid | undefined> => {
    for (;;) {
      setCurrentDetails(
        'Taking the payment. If the provider fails, the payment is retried after 60, 300 and 900 s.',
      );
      const result = await chargeOrder({ orderId, revision });
      if (result.outcome === 'succeeded') return undefined;
      // Before the first attempt, the order's row decides: it can be cancelled while no worker is running.
      if (result.outcome === 'cancelled') return { outcome: 'cancelled', reason: 'requested' };

      phase = 'awaitingPaymentMethod';
      const until = new Date(Date.now() + NEW_CARD_WAIT_MS).toISOString();
      // Only now does this job accept another card, which a reader of the status may send.
      const failure = { code: result.code, message: result.message };
      await setOrderStatus({ orderId, status: 'awaiting_payment_method', failure });
      // A mail server that is unavailable must not delay a new card.
      const declined: OrderEmail = {
        orderId,
        kind: 'payment-declined',
        revision,
        reason: result.code,
        until,
      };
      background.push(CancellationScope.nonCancellable(() => tryToSend(declined)));
      await operator.wait({
        until: Date.now() + NEW_CARD_WAIT_MS,
        isOver: isCharging,
        summary: timerSummaries.newCardDeadline,
        details: (deadline) =>
          `The card was declined (${result.code}). Waiting until ${deadline} for another payment method; then the order is cancelled.`,
        // The customer keeps the remaining time.
        pauseStopsClock: true,
      });
      // The phase decides, not the timer: a card that arrived at the same moment was accepted.
      if (!isCharging()) return { outcome: 'cancelled', reason: 'payment_method_timeout' };
    }
  };

  return CancellationScope.nonCancellable(async () => {
    const unpaid = await payment.run(takePayment).catch((error: unknown): Unpaid => {
      // A charge that was cancelled and then failed counts as cancelled: its next attempt is not wanted.
      if (payment.consideredCancelled) return { outcome: 'cancelled', reason: 'requested' };
      // Any other error is a bug in our code: the task is retried until it is fixed.
      if (!(error instanceof ActivityFailure)) throw error;
      return { outcome: 'payment_failed', message: lastErrorOf(error) };
    });
    phase = unpaid ? 'closed' : 'paid';
    if (unpaid) await storeUnpaid(orderId, unpaid);
    settled = true;

    const completed = unpaid ? await closeUnpaid(orderId, unpaid) : await completePaid(orderId);
    await Promise.all(background);
    await condition(allHandlersFinished);
    // If the job was cancelled, and not the order, it ends as cancelled.
    if (unpaid?.outcome === 'cancelled' && job.consideredCancelled)
      throw new CancelledFailure('The job was cancelled.');
    if (completed.outcome === 'payment_failed') throw refusal(completed.message, failureTypes.paymentFailed);
    return completed;
  });
}

/** Stores why the order was not paid, which closes it. */
async function storeUnpaid(orderId: string, unpaid: Unpaid): Promise<void> {
  const failure =
    unpaid.outcome === 'payment_failed'
      ? { code: failureTypes.paymentFailed, message: unpaid.message }
      : { code: unpaid.reason, message: 'The order was cancelled before its payment.' };
  await setOrderStatus({ orderId, status: unpaid.outcome, failure });
}

/** Ensures that no money is kept, in a separate job because the provider may be unavailable, and informs the customer. */
async function closeUnpaid(orderId: string, unpaid: Unpaid): Promise<Unpaid> {
  setCurrentDetails(`The order is closed (${unpaid.outcome}). Telling the customer.`);
  const failed = unpaid.outcome === 'payment_failed';
  const input: ReturnPaymentInput = { orderId, reason: failed ? 'payment_failed' : 'order_cancelled' };
  const started = startChild(returnPayment, {
    workflowId: `${kebabCase('returnPayment')}:${orderId}`,
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Return of the payment of order ${orderId}`,
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: 'returnPayment' },
      { key: searchAttributes.businessKey, value: orderId },
    ],
  });
  await started.catch(async (error: unknown) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // The open run may have read the order before this job closed it: another run follows it.
    if (patched('return-follows-open-return')) await queueReturnPayment(input);
  });
  await tryToSend({ orderId, kind: failed ? 'payment-failed' : 'cancelled' });
  setCurrentDetails(`The order is closed: ${failed ? unpaid.message : unpaid.reason}.`);
  return unpaid;
}

/** Completes a paid order, or returns the money if that is not possible. */
async function completePaid(orderId: string): Promise<Exclude<ProcessOrderResult, { outcome: 'cancelled' }>> {
  setCurrentDetails('The order is paid. Reserving its stock.');
  try {
    await fulfilOrder({ orderId });
  } catch (error) {
    const reason = lastErrorOf(error);
    // An attempt that was presumed dead may have completed the order after all.
    const { outcome } = await beginRefund({ orderId, reason });
    if (outcome === 'completed') return sendReceipt(orderId);
    setCurrentDetails(`The order cannot be completed (${reason}). Refunding the payment.`);
    await refundOrder({ orderId, reason: 'order_not_fulfilled' });
    await setOrderStatus({
      orderId,
      status: 'refunded',
      failure: { code: 'not_fulfilled', message: reason },
    });
    await tryToSend({ orderId, kind: 'refunded', reason });
    setCurrentDetails(`The payment was refunded: ${reason}.`);
    return { outcome: 'refunded', reason };
  }
  return sendReceipt(orderId);
}

async function sendReceipt(orderId: string): Promise<Extract<ProcessOrderResult, { outcome: 'completed' }>> {
  setCurrentDetails('The order is complete. Sending the receipt.');
  const receipt = await tryToSend({ orderId, kind: 'receipt' });
  setCurrentDetails(`The order is complete; its receipt was ${receipt === 'sent' ? 'sent' : 'not sent'}.`);
  return { outcome: 'completed', receipt };
}

/**
 * Sends an email whose failure changes nothing for the order. A failure is logged, and the row in `emails` has the reason: `dead` if it was
 * refused, `pending` with its last error if the mail server was unavailable for three days.
 */
async function tryToSend(email: OrderEmail): Promise<'sent' | 'failed'> {
  try {
    await sendOrderEmail(email);
    return 'sent';
  } catch (error) {
    log.error('an email about an order could not be sent', { kind: email.kind, error: lastErrorOf(error) });
    return 'failed';
  }
}

function alreadyPaid(): ApplicationFailure {
  return refusal('The order is already paid.', failureTypes.orderAlreadyPaid);
}

function refusal(message: string, type: FailureType): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

/** Returns the error of an activity's last attempt. */
function lastErrorOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
