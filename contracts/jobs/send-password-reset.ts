import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { requestPasswordResetSignal, type PasswordResetRequest } from '../messages.ts';
import { taskQueues, timerSummaries } from '../names.ts';

const input = z.strictObject({
  /** Keyed hash of the address that was typed; the address itself stays in our database. */
  accountKey: z.string().regex(/^[0-9a-f]{32}$/),
  /** Id of the row in `password_resets`. */
  requestId: z.uuid(),
  requestedAt: z.iso.datetime(),
  /** The wait between the request and its email, in milliseconds. */
  delayMs: z.number().int().min(0),
});

/** The account, the time from which the wait counts, and the position of a run that continues another one. */
export type SendPasswordResetInput = z.infer<typeof input> & { resumeAt?: ResetPosition };

/** The position of a run that waits to send a reset email. */
export interface ResetPosition {
  /** The latest of the requests before the newest one. */
  earlierIds: readonly string[];
  /** When the first request was made whose email has not been sent; ISO 8601 UTC. */
  firstUnsentAt: string;
  /** Whether an operator has paused it. */
  paused: boolean;
  /** When the current wait ends, in milliseconds since the epoch. */
  until?: number;
}

/** Whether an email was sent. */
export interface SendPasswordResetResult {
  /** `skipped`: no account has the address, or the request was superseded or used in the meantime. */
  outcome: 'sent' | 'skipped';
}

/**
 * Sends the reset email after its delay. One runs per account; another request reaches it as a signal and restarts the wait, by at most 15
 * minutes beyond its own time. The job is the same whether or not the account exists, so that outsiders cannot tell the difference.
 */
export const sendPasswordReset = defineWorkflow({
  type: 'sendPasswordReset',
  description: 'Sends a password reset email after a delay; another request restarts the delay.',
  input,
  taskQueue: taskQueues.jobs,
  subject: 'account',
  businessKey: ({ accountKey }) => accountKey,
  summary: () => 'Password-reset email, sent after a delay',
  startPolicy: 'signal',
  delayingTimers: [timerSummaries.resetEmailDelay],
  startSignal: ({ requestId, requestedAt }) => ({
    name: requestPasswordResetSignal.name,
    argument: { requestId, requestedAt } satisfies PasswordResetRequest,
  }),
});
