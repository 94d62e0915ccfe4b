import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** One request for a password reset, as it travels in a signal: ids and times alone. */
export interface PasswordResetRequest {
  /** Id of the row in `password_resets`. */
  requestId: string;
  /** When it was asked for, ISO 8601 UTC; the wait is counted from here. */
  requestedAt: string;
}

/** Tells a waiting `sendPasswordReset` that another reset was requested: the wait starts again. */
export const requestPasswordResetSignal = defineSignal<[PasswordResetRequest]>('requestPasswordReset');

/** Cancels an order until its money is taken; fails with `OrderAlreadyPaid` or `OrderClosed` after. */
export const cancelOrderUpdate = defineUpdate<{ status: 'cancelled' }>('cancelOrder');

/** Names the revision in `order_payment_methods` with which to charge an order whose card was declined. */
export const changePaymentMethodUpdate = defineUpdate<{ revision: number }, [{ revision: number }]>(
  'changePaymentMethod',
);
