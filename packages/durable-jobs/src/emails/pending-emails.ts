import { errorMessage } from '../process/errors.ts';
import { InvalidMessageError, toEmail } from '../mail/message.ts';
import { MailError, type Mailer, type OutgoingEmail } from '../mail/mailer.ts';
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

/** Between two looks. A notification ends it: this is for what a notification was missed of. */
const POLL_MS = 30_000;

/** Three of the mailer's four connections: one is left to the emails of jobs, which wait for 15 s at most. */
const AT_ONCE = 3;

/** Emails that one round takes. Few, as who took them and died keeps them for the length of a lease. */
const BATCH = 4 * AT_ONCE;

/** After 1, 2, 4 … minutes, at most six hours: the twelfth and last attempt is some 20 hours after the first. */
const MAX_ATTEMPTS = 12;
const FIRST_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 6 * 3_600;

/** The longest that a mail server which is away is left alone. */
const LONGEST_AWAY_MS = 60_000;

/** After an error of the service itself, such as a database that is away. */
const ERROR_DELAY_MS = 5_000;

/** Sends the emails that are pending in `emails` and no job's own, whichever program wrote them. */
export function createPendingEmails({ mailer }: { mailer: Mailer }): HostedService {
  /** Rounds in a row that found nobody. */
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
      scope.logger.warn({ err: away, retryInMs }, 'the mail server is away: the emails wait');
      scope.report({ error: away, busy: false });
      await scope.pause(retryInMs);
      return { more: true };
    },
  });
}

/** Sends emails, a few at once. Those that were not tried are given back; returns the error of a server that is away. */
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
  // One question for all that fail side by side.
  let asked: Promise<boolean> | undefined;
  const serverAnswers = (): Promise<boolean> =>
    (asked ??= mailer.check().then(
      () => true,
      () => false,
    ));

  const sender = async (): Promise<void> => {
    for (let email = waiting.shift(); email; email = waiting.shift()) {
      // A process that was frozen sees by the clock that they are another's by now.
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
        scope.logger.warn({ err: error, emailId: email.id, retryInSeconds }, 'an email was not sent');
        scope.report({ failed: 1, error });
        continue;
      }
      // A process that dies here leaves the email to be sent again, with the same Message-ID.
      await markEmailSent(db, email);
      scope.report({ processed: 1 });
    }
  };
  try {
    // All end, so that none is in progress when the round has: one that failed, such as for its database, does not stop the others.
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, sender));
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  } finally {
    await giveBackEmails(db, untried, away && errorMessage(away));
  }
  return away;
}

/** The email that a row describes. @throws {InvalidMessageError} if it can never be sent. */
function read(email: TakenEmail): OutgoingEmail {
  if (email.tooLarge) {
    throw new InvalidMessageError(`the email can not be sent: a body has more than ${LARGEST_BODY} bytes`);
  }
  return toEmail(email);
}

/** Whether a failure says nothing of the email. A connection that breaks may be broken by it: so the server is asked. */
async function isServerAway({ fault }: MailError, serverAnswers: () => Promise<boolean>): Promise<boolean> {
  return fault === 'server' || (fault === 'unknown' && !(await serverAnswers()));
}

/** In how many seconds to try again what failed; undefined if it is dead. */
function nextAttempt({ attempts }: TakenEmail, error: unknown): number | undefined {
  const permanent = error instanceof InvalidMessageError || (error instanceof MailError && error.permanent);
  if (permanent || attempts + 1 >= MAX_ATTEMPTS) return undefined;
  return Math.min(FIRST_RETRY_SECONDS * 2 ** attempts, LONGEST_RETRY_SECONDS);
}
