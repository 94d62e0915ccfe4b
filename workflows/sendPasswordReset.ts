import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { EmailActivities } from '../activities/emails.ts';
import type {
  SendPasswordResetInput,
  SendPasswordResetResult,
} from '../contracts/jobs/send-password-reset.ts';
import { requestPasswordResetSignal, type PasswordResetRequest } from '../contracts/messages.ts';
import { timerSummaries } from '../contracts/names.ts';
import { proxyCountedActivities } from './counted-activities.ts';
import { operatorWaits } from './operator-wait.ts';
import { databaseOptions, emailOptions } from './policies.ts';

const { sendPasswordResetEmail } = proxyCountedActivities<EmailActivities>(emailOptions);
const { settleCancelledReset } = proxyActivities<EmailActivities>(databaseOptions);

/**
 * Waits, then sends the reset email of the newest request. A new request restarts the wait; one that comes while the
 * email is on its way gets a wait and an email of its own. Cancelling the job cancels an email that still waits, but not
 * a request that came after the one which the cancellation was meant for: both may reach a worker together. An operator can
 * hold the wait back, and move its end.
 */
export async function sendPasswordReset(input: SendPasswordResetInput): Promise<SendPasswordResetResult> {
  let newest: PasswordResetRequest = { requestId: input.requestId, requestedAt: input.requestedAt };
  const earlierIds: string[] = [];
  const operator = operatorWaits();
  setHandler(requestPasswordResetSignal, (request) => {
    // The start's own signal, and one that the relay repeats, bring a request that is known already.
    if (Date.parse(request.requestedAt) <= Date.parse(newest.requestedAt)) return;
    earlierIds.push(newest.requestId);
    newest = request;
  });

  const sendNewest = async (): Promise<SendPasswordResetResult> => {
    for (;;) {
      const request = newest;
      // Counted from the request and not from now: a start that was held up does not wait longer for it.
      const dueAt = Date.parse(request.requestedAt) + input.delayMs;
      const askedAgain = await operator.wait({
        until: dueAt,
        isOver: () => newest !== request,
        summary: timerSummaries.resetEmailDelay,
        details: (until) =>
          `Waiting until ${until} to send the password-reset email. A new request restarts the wait.`,
      });
      if (askedAgain) continue;
      setCurrentDetails('Sending the password-reset email.');
      const { outcome } = await sendPasswordResetEmail({ requestId: request.requestId });
      if (newest === request) {
        setCurrentDetails(
          outcome === 'sent' ? 'The password-reset email was sent.' : 'There was no email to send.',
        );
        return { outcome };
      }
    }
  };

  try {
    return await sendNewest();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(async () => {
      let decidedFor: PasswordResetRequest;
      let decision: { open: boolean };
      do {
        decidedFor = newest;
        decision = await settleCancelledReset({ newestId: newest.requestId, earlierIds });
      } while (newest !== decidedFor);
      if (!decision.open) throw error;
      return continueAsNew<typeof sendPasswordReset>({ ...input, ...newest });
    });
  }
}
