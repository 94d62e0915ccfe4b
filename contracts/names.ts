import { libraryQueues } from 'durable-jobs/workflow';

/** The names of all task queues: the library's, and `payments`, which is limited to the provider's rate. */
export const taskQueues = { ...libraryQueues, payments: 'payments' } as const;

/** Message queues by the service's name; a broker may have a different address for one. */
export const queues = { orders: 'orders-queue' } as const;

/** Summaries of our jobs' durable timers. The Web UI shows them next to a timer, and a job's definition says what each one means. */
export const timerSummaries = {
  resetEmailDelay: 'Send the password-reset email',
  subjectJobs: "Check again whether the person's jobs have ended",
  paymentTurn: 'Ask the payment provider again',
  newCardDeadline: 'Cancel the order unless a new payment method arrives',
} as const;
