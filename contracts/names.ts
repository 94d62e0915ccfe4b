import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { libraryQueues } from '../packages/durable-jobs/src/engine/declared-queues.ts';

/** The names of all task queues: the library's, and `payments`, which is limited to the provider's rate. */
export const taskQueues = { ...libraryQueues, payments: 'payments' } as const;

/** Message queues, as the service names them; a broker may know one under an address of its own. */
export const queues = { orders: 'orders-queue' } as const;

/** The search attributes that every job carries. Both are Keywords; neither ever holds personal data. */
export const searchAttributes = {
  jobType: defineSearchAttributeKey('JobType', SearchAttributeType.KEYWORD),
  businessKey: defineSearchAttributeKey('BusinessKey', SearchAttributeType.KEYWORD),
} as const;

/** Set by the engine on what a schedule starts: the time that the run was planned for, however late it begins. */
export const scheduledStartTime = defineSearchAttributeKey(
  'TemporalScheduledStartTime',
  SearchAttributeType.DATETIME,
);

/** In a run's memo: the run that it is a repetition of, which had ended without success. */
export const RETRIED_FROM = 'retriedFrom';

/**
 * Summaries of the durable timers. They are what the Web UI shows beside a timer, and what tells a reader of a history
 * whether a timer delays the work ({@link delayingTimers}) or bounds a wait.
 */
export const timerSummaries = {
  postponedStart: 'Start the job',
  resetEmailDelay: 'Send the password-reset email',
  nextBulkRound: 'Try the items again that may yet succeed',
  subjectJobs: "Look again whether the person's jobs have ended",
  paymentTurn: 'Ask the payment provider again',
  readableInput: 'Schedule the step again whose input could not be read',
  newCardDeadline: 'Cancel the order unless a new payment method arrives',
} as const;

/** Timers whose firing is the planned start of the job's work, rather than the end of a wait for somebody. */
export const delayingTimers: ReadonlySet<string> = new Set([
  timerSummaries.postponedStart,
  timerSummaries.resetEmailDelay,
  timerSummaries.nextBulkRound,
  timerSummaries.subjectJobs,
  timerSummaries.paymentTurn,
  timerSummaries.readableInput,
]);
