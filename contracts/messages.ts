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

/** Begins a new run of a hosted service, paused as it is: what encrypted the old one is needed no more for it. */
export const renewServiceSignal = defineSignal('renewService');

/** Tells people what a service does, by its workflow's current details. The text is kept in the history. */
export const describeServiceSignal = defineSignal<[{ text: string }]>('describeService');

/**
 * Holds back a job that waits for a time, until `resumeJob`. It brings the time at which the job is to begin where it has not
 * begun, as the message itself ends the engine's own delay.
 */
export const pauseJobSignal = defineSignal<[{ startAt?: string }]>('pauseJob');

/** Lets a job go on that was held back. */
export const resumeJobSignal = defineSignal('resumeJob');

/** Moves the time that a job waits for; ISO 8601 UTC. A job that does not wait pays it no heed. */
export const rescheduleJobSignal = defineSignal<[{ at: string }]>('rescheduleJob');
