import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import { MailError, type Mailer, type OutgoingEmail } from '../mail/mailer.ts';
import type { EmailStatus, EmailTables } from './tables.ts';

/** An email that is sent once per key. */
export interface KeyedEmail {
  /** Key that is the same for every attempt, such as `reminder:<invoice id>`; the Message-ID is derived from it. */
  key: string;
  /** The kind of email, which lists and timelines show. */
  template: string;
  /** What the email says. */
  content: Omit<OutgoingEmail, 'to' | 'messageId'>;
  /** Null if the recipient is not a user. */
  userId: string | null;
  recipient: string;
  /**
   * Whether the address in the email's row, which can have changed since the row was written, may receive the email. By default, every
   * address may.
   */
  maySendTo?: (recipient: string) => boolean;
  /** Called immediately before the email is sent; an email that is no longer true is withdrawn. */
  isTrue?: () => Promise<boolean>;
}

/**
 * How long an attempt that hands an email over keeps others from doing the same: longer than a mail server may be silent, so that an attempt
 * which is presumed dead because it could not reach the engine has usually ended by then. The email goes out twice if the conversation with
 * the server takes longer than this, or its process was frozen in it, and both are completed.
 */
const HANDING_OVER_SECONDS = 30;

/** Another attempt may be handing the email over, or died while it did. */
export class BeingSentError extends MailError {
  /** When the email can be sent again, in milliseconds from now. */
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('an earlier attempt may still be sending the email', false, undefined, 'server');
    this.retryAfterMs = retryAfterMs;
  }
}

/** The outcome of an email. */
export interface SentOnce {
  /** Id of its row in `emails`. */
  emailId: string;
  outcome: 'sent' | 'withdrawn' | 'withheld';
}

/**
 * Sends an email unless its key was already sent, it is no longer true, or its address must not receive it. The row's address is used,
 * because one that the caller read earlier may be outdated.
 *
 * Repeats are safe: a key that is marked as sent is not sent again. If a process dies between the server's acceptance and the mark, the
 * repeat has the same Message-ID and content; SMTP offers no stronger guarantee.
 * @throws {MailError} as {@link Mailer.send} does; the row keeps the error and, when it is permanent, is `dead`.
 * @throws {BeingSentError} if an earlier attempt may still be sending it.
 */
export async function sendOnce(db: Db, mailer: Mailer, email: KeyedEmail): Promise<SentOnce> {
  const messageId = `${email.key.replace(/[^\w.-]/g, '.')}@durable-jobs`;
  const row = await findOrInsert(db, email, messageId);
  if (email.maySendTo?.(row.recipient) === false) return { emailId: row.id, outcome: 'withheld' };
  if (row.status === 'sent' || row.status === 'withdrawn') return { emailId: row.id, outcome: row.status };
  if (email.isTrue && !(await email.isTrue())) {
    const { numUpdatedRows } = await db
      .updateTable('emails')
      .set({ status: 'withdrawn', lastError: 'Its content was no longer true.' })
      .where('id', '=', row.id)
      .where('status', 'not in', ['sent', 'withdrawn'])
      .where(isNotLeased)
      .executeTakeFirst();
    return { emailId: row.id, outcome: numUpdatedRows > 0n ? 'withdrawn' : await outcomeOfOther(db, row.id) };
  }

  const attempted = { attempts: sql<number>`attempts + 1` };
  let lease: string | undefined;
  const handOver = async (send: Mailer['send']): Promise<void> => {
    lease = await beginHandingOver(db, row.id);
    await send({ ...email.content, to: row.recipient, messageId });
  };
  try {
    const { withConnection } = mailer.send;
    await (withConnection ? withConnection(handOver) : handOver((message) => mailer.send(message)));
  } catch (error) {
    if (error instanceof BeingSentError) throw error;
    const status = error instanceof MailError && error.permanent ? 'dead' : 'pending';
    await db
      .updateTable('emails')
      .set({ ...attempted, status, lastError: errorMessage(error), leasedUntil: null })
      .where('id', '=', row.id)
      .where('status', 'not in', ['sent', 'withdrawn'])
      // Another attempt may hand the email over if this one has not begun to, or was frozen while it did.
      .where(lease === undefined ? isNotLeased : sql<boolean>`leased_until = ${lease}::timestamptz`)
      // Servers quote addresses in errors; an error about an address that was removed meanwhile is not stored.
      .where('recipient', '=', row.recipient)
      .execute();
    throw error;
  }
  await db
    .updateTable('emails')
    .set({ ...attempted, status: 'sent', sentAt: new Date(), lastError: null, leasedUntil: null })
    .where('id', '=', row.id)
    .execute();
  return { emailId: row.id, outcome: 'sent' };
}

/** Returns the row of an email's key, which the first attempt inserts. */
async function findOrInsert(
  db: Db,
  { key, template, userId, recipient }: KeyedEmail,
  messageId: string,
): Promise<Pick<Selectable<EmailTables['emails']>, 'id' | 'status' | 'recipient'>> {
  const columns = ['id', 'status', 'recipient'] as const;
  const inserted = await db
    .insertInto('emails')
    .values({ key, template, userId, recipient, messageId, sender: 'job' })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning(columns)
    .executeTakeFirst();
  return (
    inserted ??
    (await db.selectFrom('emails').select(columns).where('key', '=', key).executeTakeFirstOrThrow())
  );
}

const isNotLeased = sql<boolean>`(leased_until IS NULL OR leased_until < now())`;

/**
 * Returns the lease of this attempt, in PostgreSQL's format, which distinguishes it from those of others.
 * @throws {BeingSentError} if another attempt has begun to hand the email over, and its time is not up.
 */
async function beginHandingOver(db: Db, id: string): Promise<string> {
  const taken = await db
    .updateTable('emails')
    .set({ leasedUntil: sql<Date>`now() + make_interval(secs => ${HANDING_OVER_SECONDS})` })
    .where('id', '=', id)
    .where('status', 'not in', ['sent', 'withdrawn'])
    .where(isNotLeased)
    .returning(sql<string>`leased_until::text`.as('lease'))
    .executeTakeFirst();
  if (taken) return taken.lease;
  // It is over if the other attempt has ended meanwhile; then the next one finds what it did.
  throw new BeingSentError((await readLease(db, id)).leftMs);
}

/**
 * Returns what another attempt has made of an email.
 * @throws {BeingSentError} if it may still be handing it over.
 */
async function outcomeOfOther(db: Db, id: string): Promise<'sent' | 'withdrawn'> {
  const { status, leftMs } = await readLease(db, id);
  if (status === 'sent' || status === 'withdrawn') return status;
  throw new BeingSentError(leftMs);
}

/** Returns an email's status and for how many milliseconds it is leased, at least a second. */
async function readLease(db: Db, id: string): Promise<{ status: EmailStatus; leftMs: number }> {
  const { status, leftMs } = await db
    .selectFrom('emails')
    .select([
      'status',
      sql<number | null>`extract(epoch FROM leased_until - now())::float8 * 1000`.as('leftMs'),
    ])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { status, leftMs: Math.max(1_000, leftMs ?? 0) };
}
