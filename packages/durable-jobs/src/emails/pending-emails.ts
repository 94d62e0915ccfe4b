import { errorMessage } from '../process/errors.ts';
import { InvalidMessageError, toEmail } from '../mail/message.ts';
import { MailError, SMTP_CONNECTIONS, type Mailer, type OutgoingEmail } from '../mail/mailer.ts';
import {
  BEGIN_WITHIN_MS,
  giveBackEmails,
  isStillToSend,
  LARGEST_BODY,
  markEmailFailed,
  markEmailSent,
  nextDueEmail,
  takeDueEmails,
  type TakenEmail,
} from './rows.ts';
import { backOffMs } from '../hosted-services/back-off.ts';
import { polling, type HostedService, type ServiceScope } from '../hosted-services/hosted-service.ts';

/** Polling interval. Notifications normally come first; polling finds emails whose notification was lost. */
const POLL_MS = 30_000;

/** All but one of the mailer's connections: one is left for emails of jobs, which wait 15 s at most. */
const AT_ONCE = SMTP_CONNECTIONS - 1;

/** Emails per round. Few, because a process that dies keeps its emails until the lease expires. */
const BATCH = 4 * AT_ONCE;

/** After 1, 2, 4 … minutes, at most six hours: the twelfth and last attempt is some 20 hours after the first. */
const MAX_ATTEMPTS = 12;
const FIRST_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 6 * 3_600;

/** Longest pause while a mail server is unavailable. */
const LONGEST_AWAY_MS = 60_000;

/** Pause after an error of the service itself, such as an unavailable database. */
const ERROR_DELAY_MS = 5_000;

/** Creates the service that sends pending rows of `emails` that no job owns, whichever program inserted them. */
export function createPendingEmails({ mailer }: { mailer: Mailer }): HostedService {
  /** Consecutive rounds in which the mail server was unavailable. */
  let timesAway = 0;
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: ERROR_DELAY_MS,
    async round(scope) {
      const takenAt = Date.now();
      const emails = await takeDueEmails(scope.db, BATCH);
      if (emails.length === 0) return { more: false, nextAt: await nextDueEmail(scope.db, POLL_MS) };
      const away = await sendAll(scope, mailer, emails, takenAt);
      if (away === undefined) {
        timesAway = 0;
        return { more: true };
      }
      const retryInMs = backOffMs(++timesAway, LONGEST_AWAY_MS);
      scope.logger.warn({ err: away, retryInMs }, 'the mail server is unavailable; pending emails wait');
      scope.report({ error: away, busy: false });
      await scope.pause(retryInMs);
      return { more: true };
    },
  });
}

/** Sends emails, a few concurrently. Emails that were not tried are returned to the queue. Returns the error of an unavailable server. */
async function sendAll(
  scope: ServiceScope,
  mailer: Mailer,
  emails: readonly TakenEmail[],
  takenAt: number,
): Promise<MailError | undefined> {
  const { db, signal } = scope;
  const waiting = [...emails];
  const untried: TakenEmail[] = [];
  let away: MailError | undefined;
  // One check for all concurrent failures.
  let asked: Promise<boolean> | undefined;
  const serverAnswers = (): Promise<boolean> =>
    (asked ??= mailer.check().then(
      () => true,
      () => false,
    ));

  const sender = async (): Promise<void> => {
    for (let email = waiting.shift(); email; email = waiting.shift()) {
      // After a process was frozen, its clock shows that another process owns the emails by now.
      if (signal.aborted || away || Date.now() - takenAt > BEGIN_WITHIN_MS) {
        untried.push(email);
        continue;
      }
      if (!(await isStillToSend(db, email))) continue;
      scope.report({ busy: true });
      try {
        await mailer.send(read(email));
      } catch (error) {
        if (error instanceof MailError && (await isServerAway(error, serverAnswers))) {
          away = error;
          untried.push(email);
          continue;
        }
        const retryInSeconds = nextAttempt(email, error);
        await markEmailFailed(db, email, { message: errorMessage(error), retryInSeconds });
        scope.logger.warn({ err: error, emailId: email.id, retryInSeconds }, 'an email could not be sent');
        scope.report({ failed: 1, error });
        continue;
      }
      // If the process dies here, the email is sent again with the same Message-ID.
      await markEmailSent(db, email);
      scope.report({ processed: 1 });
    }
  };
  try {
    // Waits for all, so that nothing is in progress after the round: one failure, such as of the database, does not stop the others.
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, sender));
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  } finally {
    await giveBackEmails(db, untried, away && errorMessage(away));
  }
  return away;
}

/** Returns the email of a row. @throws {InvalidMessageError} if it can never be sent. */
function read(email: TakenEmail): OutgoingEmail {
  if (email.tooLarge) {
    throw new InvalidMessageError(`the email cannot be sent: a body exceeds ${LARGEST_BODY} bytes`);
  }
  return toEmail(email);
}

/** Whether a failure is unrelated to the email. A broken connection may be caused by the email, so the server is checked. */
async function isServerAway({ fault }: MailError, serverAnswers: () => Promise<boolean>): Promise<boolean> {
  return fault === 'server' || (fault === 'unknown' && !(await serverAnswers()));
}

/** Returns the seconds until the next attempt; undefined if the email is dead. */
function nextAttempt({ attempts }: TakenEmail, error: unknown): number | undefined {
  const permanent = error instanceof InvalidMessageError || (error instanceof MailError && error.permanent);
  if (permanent || attempts + 1 >= MAX_ATTEMPTS) return undefined;
  return Math.min(FIRST_RETRY_SECONDS * 2 ** attempts, LONGEST_RETRY_SECONDS);
}
