import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  log,
  patched,
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
import { databaseOptions, isHistoryLong, operatorWaits, proxyCountedActivities } from 'durable-jobs/workflow';
import { emailOptions } from './policies.ts';

const { sendPasswordResetEmail } = proxyCountedActivities<EmailActivities>(emailOptions);
const { settleCancelledReset } = proxyActivities<EmailActivities>(databaseOptions);

/** The longest time by which requests delay an email that has not been sent. */
const LONGEST_POSTPONEMENT_MS = 15 * 60_000;

/** Earlier requests that a run remembers, to determine which one a cancellation was meant for: it was among the latest. */
const REMEMBERED = 50;

/**
 * Waits, then sends the reset email of the newest request. A new request restarts the wait, but delays the email by a quarter of an hour at
 * most. A request that arrives while the email is being sent gets its own wait and email, even if that email is refused. Cancelling the job
 * cancels an email that is still waiting, but not a request that arrived after the one which the cancellation was meant for: both may reach
 * a worker together. An operator can pause the wait, and move its end. The job continues as new when its history is long, because anyone
 * can send requests.
 */
export async function sendPasswordReset(input: SendPasswordResetInput): Promise<SendPasswordResetResult> {
  const { accountKey, delayMs, resumeAt } = input;
  let newest: PasswordResetRequest = { requestId: input.requestId, requestedAt: input.requestedAt };
  let firstUnsentAt = resumeAt?.firstUnsentAt ?? input.requestedAt;
  const earlierIds = [...(resumeAt?.earlierIds ?? [])];
  const operator = operatorWaits(resumeAt);
  setHandler(requestPasswordResetSignal, (request) => {
    // The start's own signal, and one that the relay repeats, contain a request that is already known.
    if (Date.parse(request.requestedAt) <= Date.parse(newest.requestedAt)) return;
    earlierIds.push(newest.requestId);
    if (earlierIds.length > REMEMBERED) earlierIds.shift();
    newest = request;
  });

  /** From the request and not from now: a delayed start does not make the wait longer. */
  const dueAt = ({ requestedAt }: PasswordResetRequest): number => {
    const own = Date.parse(requestedAt) + delayMs;
    const latest = Date.parse(firstUnsentAt) + delayMs + LONGEST_POSTPONEMENT_MS;
    return own > latest && patched('bounded-postponement') ? latest : own;
  };

  const sendNewest = async (): Promise<SendPasswordResetResult> => {
    for (;;) {
      const request = newest;
      const isOver = await operator.wait({
        until: dueAt(request),
        isOver: () => newest !== request || isHistoryLong(),
        summary: timerSummaries.resetEmailDelay,
        details: (until) =>
          `Waiting until ${until} to send the password-reset email. A new request restarts the wait.`,
      });
      if (isOver && isHistoryLong()) {
        const { paused, until } = operator.state;
        return continueAsNew<typeof sendPasswordReset>({
          accountKey,
          delayMs,
          ...newest,
          resumeAt: {
            earlierIds,
            firstUnsentAt,
            paused,
            // A newer request has its own time.
            ...(newest === request && until !== undefined && { until }),
          },
        });
      }
      if (isOver) continue;
      setCurrentDetails('Sending the password-reset email.');
      const outcome = await trySend(request, () => newest !== request);
      if (newest === request && outcome !== 'failed') {
        setCurrentDetails(
          outcome === 'sent' ? 'The password-reset email was sent.' : 'There was no email to send.',
        );
        return { outcome };
      }
      firstUnsentAt = newest.requestedAt;
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
      return continueAsNew<typeof sendPasswordReset>({ accountKey, delayMs, ...newest });
    });
  }
}

/** Sends a request's email. If that fails permanently, a newer request must not be lost with it. */
async function trySend(
  { requestId }: PasswordResetRequest,
  isNewerThere: () => boolean,
): Promise<SendPasswordResetResult['outcome'] | 'failed'> {
  try {
    return (await sendPasswordResetEmail({ requestId })).outcome;
  } catch (error) {
    if (isCancellation(error) || !isNewerThere() || !patched('newer-request-survives')) throw error;
    log.warn('a password-reset email could not be sent; there is a newer request', { requestId, error });
    return 'failed';
  }
}
