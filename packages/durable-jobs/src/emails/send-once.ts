import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import { ERASED_RECIPIENT } from '../../../../domain/accounts/erasure.ts';
import { MailError, type EmailAttachment, type Mailer } from '../mail/mailer.ts';
import { renderEmail, type TemplateData, type TemplateName } from '../../../../domain/mail/templates.ts';

/** An email that is sent once per key. */
export interface KeyedEmail<T extends TemplateName> {
  /** The same for every attempt, such as `welcome:<user id>`; the Message-ID is made from it. */
  key: string;
  template: T;
  data: TemplateData[T];
  /** Null where it goes to somebody who is no user of the shop. */
  userId: string | null;
  recipient: string;
  attachments?: readonly EmailAttachment[];
  /** Asked right before the email is handed over: one that is not true any more is withdrawn. */
  isTrue?: () => Promise<boolean>;
}

/** What became of an email. */
export interface SentOnce {
  /** Of its row in `emails`. */
  emailId: string;
  outcome: 'sent' | 'withdrawn' | 'erased';
}

/**
 * Sends an email unless its key was sent before, it is not true any more, or its user was erased. The address is that of the
 * row, which an erasure keeps free of data: one that was read before may be nobody's by now.
 *
 * A repeat is safe: a key that is marked as sent is not sent again. Where a process dies after the server took the email
 * and before the mark, the repeat carries the same Message-ID and content; SMTP offers no stronger guarantee.
 * @throws {MailError} as {@link Mailer.send} does; the row keeps the error and, when it is permanent, is `dead`.
 */
export async function sendOnce<T extends TemplateName>(
  db: Db,
  mailer: Mailer,
  email: KeyedEmail<T>,
): Promise<SentOnce> {
  const messageId = `${email.key.replace(/[^\w.-]/g, '.')}@durable-jobs`;
  await db
    .insertInto('emails')
    .values({
      key: email.key,
      template: email.template,
      user_id: email.userId,
      recipient: email.recipient,
      message_id: messageId,
      sender: 'job',
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db
    .selectFrom('emails')
    .select(['id', 'status', 'recipient'])
    .where('key', '=', email.key)
    .executeTakeFirstOrThrow();
  if (row.recipient === ERASED_RECIPIENT) return { emailId: row.id, outcome: 'erased' };
  if (row.status === 'sent' || row.status === 'withdrawn') return { emailId: row.id, outcome: row.status };
  if (email.isTrue && !(await email.isTrue())) {
    const { numUpdatedRows } = await db
      .updateTable('emails')
      .set({ status: 'withdrawn', last_error: 'It was not true any more.' })
      .where('id', '=', row.id)
      .where('status', '<>', 'sent')
      .executeTakeFirst();
    // An attempt that was taken for lost may have sent it meanwhile.
    return { emailId: row.id, outcome: numUpdatedRows > 0n ? 'withdrawn' : 'sent' };
  }

  const attempted = { attempts: sql<number>`attempts + 1` };
  try {
    await mailer.send({
      to: row.recipient,
      messageId,
      ...renderEmail(email.template, email.data),
      ...(email.attachments && { attachments: email.attachments }),
    });
  } catch (error) {
    const status = error instanceof MailError && error.permanent ? 'dead' : 'pending';
    await db
      .updateTable('emails')
      .set({ ...attempted, status, last_error: errorMessage(error) })
      .where('id', '=', row.id)
      .where('status', '<>', 'sent')
      // Servers quote addresses: what they say of a person who was erased meanwhile is not kept.
      .where('recipient', '<>', ERASED_RECIPIENT)
      .execute();
    throw error;
  }
  await db
    .updateTable('emails')
    .set({ ...attempted, status: 'sent', sent_at: new Date(), last_error: null })
    .where('id', '=', row.id)
    .execute();
  return { emailId: row.id, outcome: 'sent' };
}
