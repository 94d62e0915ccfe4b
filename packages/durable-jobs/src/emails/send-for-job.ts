import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../engine/failure-types.ts';
import type { Db } from '../database/connect.ts';
import { MailError, type Mailer } from '../mail/mailer.ts';
import { BeingSentError, sendOnce, type KeyedEmail, type SentOnce } from './send-once.ts';

/**
 * Sends an email once per key, and marks a failure as retryable or not.
 * @throws ApplicationFailure `MailUnavailable`, which is retried; `MailRejected`.
 */
export async function sendForJob(db: Db, mailer: Mailer, email: KeyedEmail): Promise<SentOnce> {
  try {
    return await sendOnce(db, mailer, email);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.permanent ? failureTypes.mailRejected : failureTypes.mailUnavailable,
      nonRetryable: error.permanent,
      ...(error instanceof BeingSentError && { nextRetryDelay: error.retryAfterMs }),
    });
  }
}
