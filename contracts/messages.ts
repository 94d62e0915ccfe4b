import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** One request for a password reset, as it travels in a signal: ids and times alone. */
export interface PasswordResetRequest {
  /** Id of the row in `password_resets`. */
  requestId: string;
  /** When it was asked for, ISO 8601 UTC; the wait is counted from here. */
  requestedAt: string;
}

/** Tells a waiting `sendPasswordReset` that a reset was asked for again: the wait starts anew. */
export const requestPasswordResetSignal = defineSignal<[PasswordResetRequest]>('requestPasswordReset');

/** Holds a bulk job back: batches that are under way end, and no other begins. */
export const pauseBulkSignal = defineSignal('pauseBulk');

/** Lets a paused bulk job go on. */
export const resumeBulkSignal = defineSignal('resumeBulk');

/** Says that there are items to work off, to a run that may just be ending. */
export const continueBulkSignal = defineSignal('continueBulk');

/** Cancels an order until its money is taken; fails with `OrderAlreadyPaid` or `OrderClosed` after. */
export const cancelOrderUpdate = defineUpdate<{ status: 'cancelled' }>('cancelOrder');

/** Names the revision in `order_payment_methods` with which to charge an order whose card was declined. */
export const changePaymentMethodUpdate = defineUpdate<{ revision: number }, [{ revision: number }]>(
  'changePaymentMethod',
);

/** Holds a hosted service back: what it has under way ends, and it is not started again. */
export const pauseServiceSignal = defineSignal('pauseService');

/** Lets a paused service go on. */
export const resumeServiceSignal = defineSignal('resumeService');

/** Tells people what a service does, by its workflow's current details. The text is kept in the history. */
export const describeServiceSignal = defineSignal<[{ text: string }]>('describeService');
