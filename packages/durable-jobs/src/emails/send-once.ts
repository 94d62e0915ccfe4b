import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import { MailError, type Mailer, type OutgoingEmail } from '../mail/mailer.ts';

/** An email that is sent once per key. */
export interface KeyedEmail {
  /** The same for every attempt, such as `welcome:<user id>`; the Message-ID is made from it. */
  key: string;
  /** The kind of email, which lists and timelines show. */
  template: string;
  /** What the email says. */
  content: Omit<OutgoingEmail, 'to' | 'messageId'>;
  /** Null where the recipient is not a user. */
  userId: string | null;
  recipient: string;
  /**
   * Whether the address in the email's row may be written to, which can have changed since the row was written. Without this
   * check, every address may.
   */
  maySendTo?: (recipient: string) => boolean;
  /** Asked right before the email is handed over: one that is not true any more is withdrawn. */
  isTrue?: () => Promise<boolean>;
}

/** What became of an email. */
export interface SentOnce {
  /** Of its row in `emails`. */
  emailId: string;
  outcome: 'sent' | 'withdrawn' | 'withheld';
}

/**
 * Sends an email unless its key was sent before, it is not true any more, or its address may not be written to. The address is
 * that of the row: one that the caller read earlier may be out of date.
 *
 * A repeat is safe: a key that is marked as sent is not sent again. Where a process dies after the server took the email
 * and before the mark, the repeat carries the same Message-ID and content; SMTP offers no stronger guarantee.
 * @throws {MailError} as {@link Mailer.send} does; the row keeps the error and, when it is permanent, is `dead`.
 */
export async function sendOnce(db: Db, mailer: Mailer, email: KeyedEmail): Promise<SentOnce> {
  const messageId = `${email.key.replace(/[^\w.-]/g, '.')}@durable-jobs`;
  await db
    .insertInto('emails')
    .values({
      key: email.key,
      template: email.template,
      userId: email.userId,
      recipient: email.recipient,
      messageId,
      sender: 'job',
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db
    .selectFrom('emails')
    .select(['id', 'status', 'recipient'])
    .where('key', '=', email.key)
    .executeTakeFirstOrThrow();
  if (email.maySendTo?.(row.recipient) === false) return { emailId: row.id, outcome: 'withheld' };
  if (row.status === 'sent' || row.status === 'withdrawn') return { emailId: row.id, outcome: row.status };
  if (email.isTrue && !(await email.isTrue())) {
    const { numUpdatedRows } = await db
      .updateTable('emails')
      .set({ status: 'withdrawn', lastError: 'It was not true any more.' })
      .where('id', '=', row.id)
      .where('status', '<>', 'sent')
      .executeTakeFirst();
    // An attempt that was taken for lost may have sent it meanwhile.
    return { emailId: row.id, outcome: numUpdatedRows > 0n ? 'withdrawn' : 'sent' };
  }

  const attempted = { attempts: sql<number>`attempts + 1` };
  try {
    await mailer.send({ ...email.content, to: row.recipient, messageId });
  } catch (error) {
    const status = error instanceof MailError && error.permanent ? 'dead' : 'pending';
    await db
      .updateTable('emails')
      .set({ ...attempted, status, lastError: errorMessage(error) })
      .where('id', '=', row.id)
      .where('status', '<>', 'sent')
      // Servers quote addresses: what they say about an address that was removed meanwhile is not kept.
      .where('recipient', '=', row.recipient)
      .execute();
    throw error;
  }
  await db
    .updateTable('emails')
    .set({ ...attempted, status: 'sent', sentAt: new Date(), lastError: null })
    .where('id', '=', row.id)
    .execute();
  return { emailId: row.id, outcome: 'sent' };
}
