import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** A request for a password reset, as a signal contains it: only ids and times. */
export interface PasswordResetRequest {
  /** Id of the row in `password_resets`. */
  requestId: string;
  /** When it was requested, ISO 8601 UTC; the wait counts from this time. */
  requestedAt: string;
}

/** Tells a waiting `sendPasswordReset` that another reset was requested: the wait starts again. */
export const requestPasswordResetSignal = defineSignal<[PasswordResetRequest]>('requestPasswordReset');

/** Cancels an order until its money is taken. After that, it fails with `OrderAlreadyPaid` or `OrderClosed`. */
export const cancelOrderUpdate = defineUpdate<{ status: 'cancelled' }>('cancelOrder');

/** Names the revision in `order_payment_methods` with which to charge an order whose card was declined. */
export const changePaymentMethodUpdate = defineUpdate<{ revision: number }, [{ revision: number }]>(
  'changePaymentMethod',
);
