import { refuseInTransaction } from '../database/in-transaction.ts';
import { MailError, type Mailer, type MailFault, type OutgoingEmail } from '../mail/mailer.ts';
import type { TestClock } from './clock.ts';

/** An email that a memory mailer has accepted. */
export interface CollectedEmail extends OutgoingEmail {
  sentAt: Date;
}

/** How a memory mailer fails. */
export interface MailFailure {
  /** How many emails are refused; 1 by default. `Infinity` refuses all until {@link MemoryMailer.recover}. */
  times?: number;
  /** Whether no further attempt makes sense; false by default. */
  permanent?: boolean;
  /** Whose fault it is; the server's by default. */
  fault?: MailFault;
  /** Refuses emails to this address only. */
  to?: string;
}

/** A mailer that keeps emails in memory instead of sending them. */
export interface MemoryMailer extends Mailer {
  /** Every email that was taken, the oldest first. An email that is sent twice is here twice. */
  readonly sent: readonly CollectedEmail[];
  /** Lets emails fail from now on. Failures of earlier calls come first. */
  fail: (failure?: MailFailure) => void;
  /** Ends all failures. */
  recover: () => void;
  /** Forgets the emails that were taken. */
  clear: () => void;
}

/**
 * Creates a mailer with the interface of the library's own. Like that one, it throws {@link MailError} for an email that it refuses, and
 * refuses to work inside a database transaction.
 */
export function createMemoryMailer({ clock }: { clock?: Pick<TestClock, 'now'> } = {}): MemoryMailer {
  const sent: CollectedEmail[] = [];
  let failures: { left: number; permanent: boolean; fault: MailFault; to: string | undefined }[] = [];
  let isClosed = false;

  const failureFor = (to: string | undefined) =>
    failures.find((failure) => failure.left > 0 && (failure.to === undefined || failure.to === to));

  return {
    sent,
    fail({ times = 1, permanent = false, fault = 'server', to } = {}) {
      failures.push({ left: times, permanent, fault, to });
    },
    recover() {
      failures = [];
    },
    clear() {
      sent.length = 0;
    },
    async send(email) {
      await attempt(() => {
        refuseInTransaction('the mail server was called');
        if (isClosed) throw new Error('The memory mailer is closed.');
      });
      const failure = failureFor(email.to);
      if (failure) {
        failure.left--;
        throw errorOf(failure);
      }
      sent.push({ ...email, sentAt: clock?.now() ?? new Date() });
    },
    check() {
      return attempt(() => {
        refuseInTransaction('the mail server was called');
        const failure = failureFor(undefined);
        if (failure && failure.fault !== 'email') throw errorOf(failure);
      });
    },
    close() {
      isClosed = true;
    },
  };
}

function errorOf({ permanent, fault }: { permanent: boolean; fault: MailFault }): MailError {
  const message = `the mail server ${permanent ? 'refused the email' : 'could not accept the email'} (a failure of the test)`;
  return new MailError(message, permanent, undefined, fault);
}

/** Turns what is thrown into a rejection. */
async function attempt(work: () => void): Promise<void> {
  await Promise.resolve();
  work();
}
