import { condition, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { EmailActivities } from '../activities/emails.ts';
import type {
  SendPasswordResetInput,
  SendPasswordResetResult,
} from '../contracts/jobs/send-password-reset.ts';
import { requestPasswordResetSignal, type PasswordResetRequest } from '../contracts/messages.ts';
import { timerSummaries } from '../contracts/names.ts';
import { emailOptions } from './policies.ts';

const emails = proxyActivities<EmailActivities>(emailOptions);

/**
 * Waits, then sends the reset email of the newest request. A new request restarts the wait; one that comes while the
 * email is on its way gets a wait and an email of its own. Cancelling the job cancels an email that still waits.
 */
export async function sendPasswordReset(input: SendPasswordResetInput): Promise<SendPasswordResetResult> {
  let newest: PasswordResetRequest = { requestId: input.requestId, requestedAt: input.requestedAt };
  setHandler(requestPasswordResetSignal, (request) => {
    // The start's own signal, and one that the relay repeats, bring a request that is known already.
    if (Date.parse(request.requestedAt) > Date.parse(newest.requestedAt)) newest = request;
  });

  for (;;) {
    const request = newest;
    // Counted from the request and not from now: a start that was held up does not wait longer for it.
    const dueAt = Date.parse(request.requestedAt) + input.delayMs;
    const waitMs = dueAt - Date.now();
    if (waitMs > 0) {
      setCurrentDetails(
        `Waiting until ${new Date(dueAt).toISOString()} to send the password-reset email. A new request restarts the wait.`,
      );
      const askedAgain = await condition(() => newest !== request, waitMs, {
        summary: timerSummaries.resetEmailDelay,
      });
      if (askedAgain) continue;
    }
    setCurrentDetails('Sending the password-reset email.');
    const { outcome } = await emails.sendPasswordResetEmail({ requestId: request.requestId });
    if (newest === request) {
      setCurrentDetails(
        outcome === 'sent' ? 'The password-reset email was sent.' : 'There was no email to send.',
      );
      return { outcome };
    }
  }
}
