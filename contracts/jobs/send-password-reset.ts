import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { requestPasswordResetSignal, type PasswordResetRequest } from '../messages.ts';
import { taskQueues, timerSummaries } from '../names.ts';

const input = z.strictObject({
  /** Keyed hash of the address that was typed in; the address itself stays in our database. */
  accountKey: z.string().regex(/^[0-9a-f]{32}$/),
  /** Row in `password_resets`. */
  requestId: z.uuid(),
  requestedAt: z.iso.datetime(),
  /** The wait between the request and its email, in milliseconds. */
  delayMs: z.number().int().min(0),
});

/** Whose reset, from when the wait counts, and where a run that continues another one continues. */
export type SendPasswordResetInput = z.infer<typeof input> & { resumeAt?: ResetPosition };

/** Where a run stands that waits to send a reset email. */
export interface ResetPosition {
  /** Requests that came before the newest one, the latest of them. */
  earlierIds: readonly string[];
  /** When the first request was made whose email has not gone out; ISO 8601 UTC. */
  firstUnsentAt: string;
  /** Whether an operator holds it back. */
  paused: boolean;
  /** When the wait in progress ends, in milliseconds since the epoch. */
  until?: number;
}

/** Whether an email went out. */
export interface SendPasswordResetResult {
  /** `skipped`: nobody has that address, or the request was superseded or used meanwhile. */
  outcome: 'sent' | 'skipped';
}

/**
 * Sends the reset email after its delay. One runs per account; another request reaches it as a signal and restarts the wait, by at most 15
 * minutes beyond its own time. It is the same job whether or not the account exists, so that outsiders cannot tell.
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
