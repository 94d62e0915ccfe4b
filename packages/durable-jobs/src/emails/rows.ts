import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { listedText } from '../database/shown.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';

/** A row of `emails` without its content. */
export type Email = Omit<Selectable<LibraryDatabase['emails']>, 'subject' | 'bodyText' | 'bodyHtml'>;

/** A row that the service has claimed. */
export interface TakenEmail {
  id: string;
  recipient: string;
  subject: string | null;
  bodyText: string | null;
  bodyHtml: string | null;
  messageId: string;
  attempts: number;
  /** Whether its content was too large to be read. */
  tooLarge: boolean;
  /** Identifies this claim, in PostgreSQL's format. */
  lease: string;
}

/** Maximum size of a body in bytes. Several are in memory at once, and mail servers accept little more. */
export const LARGEST_BODY = 2_000_000;

/**
 * Lease of a claimed email. An attempt ends within 55 s because of the mailer's own time-outs; emails of a process that died become
 * available when the lease expires.
 */
const LEASE_SECONDS = 90;

/** Age of a claim after which sending must not begin: the attempt could outlast the lease. */
export const BEGIN_WITHIN_MS = 30_000;

const isDue = sql<boolean>`status = 'pending' AND sender = 'service' AND next_attempt_at <= now()
  AND (leased_until IS NULL OR leased_until < now())`;

/** Claims the emails that have been due the longest. */
export async function takeDueEmails(db: Db, limit: number): Promise<TakenEmail[]> {
  const fits = (column: 'bodyText' | 'bodyHtml') =>
    sql<
      string | null
    >`CASE WHEN octet_length(${sql.ref(column)}) <= ${LARGEST_BODY} THEN ${sql.ref(column)} END`;
  return db
    .with(
      // Materialized: a subquery may be executed for each joined row, and claim more than its limit.
      (cte) => cte('due').materialized(),
      (qb) =>
        qb
          .selectFrom('emails')
          .select('id')
          .where(isDue)
          .orderBy('nextAttemptAt')
          .limit(limit)
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('emails')
    .set({ leasedUntil: sql<Date>`now() + make_interval(secs => ${LEASE_SECONDS})` })
    .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
    .returning([
      'id',
      'recipient',
      'subject',
      fits('bodyText').as('bodyText'),
      fits('bodyHtml').as('bodyHtml'),
      'messageId',
      'attempts',
      sql<boolean>`coalesce(octet_length(body_text), 0) > ${LARGEST_BODY}
        OR coalesce(octet_length(body_html), 0) > ${LARGEST_BODY}`.as('tooLarge'),
      sql<string>`leased_until::text`.as('lease'),
    ])
    .execute();
}

/** Returns when the next email is due, if that is within `withinMs`. */
export async function nextDueEmail(db: Db, withinMs: number): Promise<Date | undefined> {
  const { at } = await db
    .selectFrom('emails')
    .select(sql<Date | null>`min(greatest(next_attempt_at, leased_until))`.as('at'))
    .where('status', '=', 'pending')
    .where('sender', '=', 'service')
    .where('nextAttemptAt', '<', sql<Date>`now() + make_interval(secs => ${withinMs / 1_000})`)
    .executeTakeFirstOrThrow();
  return at ?? undefined;
}

/**
 * Whether the process that claimed an email should still send it: the program that inserted it may have withdrawn or deleted it, or its
 * person may have been erased.
 */
export async function isStillToSend(db: Db, { id, lease }: TakenEmail): Promise<boolean> {
  const row = await db
    .selectFrom('emails')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where(sql<boolean>`leased_until = ${lease}::timestamptz`)
    .executeTakeFirst();
  return row !== undefined;
}

/** Marks an email as sent, even if another process has claimed it by now. */
export async function markEmailSent(db: Db, { id }: TakenEmail): Promise<void> {
  await db
    .updateTable('emails')
    .set({
      status: 'sent',
      sentAt: sql<Date>`now()`,
      attempts: sql<number>`attempts + 1`,
      lastError: null,
      leasedUntil: null,
    })
    .where('id', '=', id)
    .where('status', '<>', 'sent')
    .execute();
}

/** Records a failed attempt. Without a time for the next attempt, the email is dead. */
export async function markEmailFailed(
  db: Db,
  { id, lease }: TakenEmail,
  { message, retryInSeconds }: { message: string; retryInSeconds: number | undefined },
): Promise<void> {
  await db
    .updateTable('emails')
    .set({
      attempts: sql<number>`attempts + 1`,
      lastError: message,
      leasedUntil: null,
      ...(retryInSeconds === undefined
        ? { status: 'dead' as const }
        : { nextAttemptAt: sql<Date>`now() + make_interval(secs => ${retryInSeconds})` }),
    })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where(sql<boolean>`leased_until = ${lease}::timestamptz`)
    .execute();
}

/** Returns emails that were claimed and not tried, or whose mail server was unavailable; this does not count as an attempt. */
export async function giveBackEmails(
  db: Db,
  emails: readonly TakenEmail[],
  message: string | undefined,
): Promise<void> {
  for (const { id, lease } of emails) {
    await db
      .updateTable('emails')
      .set({ leasedUntil: null, ...(message !== undefined && { lastError: message }) })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where(sql<boolean>`leased_until = ${lease}::timestamptz`)
      .execute();
  }
}

const columns = [
  'id',
  'userId',
  'status',
  'attempts',
  'createdAt',
  'sentAt',
  'sender',
  'nextAttemptAt',
  'leasedUntil',
] as const;

/** Columns that other programs could fill at any length before the table refused that. */
const texts = [
  listedText<string>('key').as('key'),
  listedText<string>('template').as('template'),
  listedText<string>('recipient').as('recipient'),
  listedText<string>('messageId').as('messageId'),
  listedText<string | null>('lastError').as('lastError'),
];

/** Returns a page of emails, newest first. */
export async function listEmails(
  db: Db,
  filter: {
    status?: Email['status'] | undefined;
    sender?: Email['sender'] | undefined;
    userId?: string | undefined;
  },
  page: PageRequest,
): Promise<Page<Email>> {
  let query = db.selectFrom('emails').select(columns).select(texts);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.sender !== undefined) query = query.where('sender', '=', filter.sender);
  if (filter.userId !== undefined) query = query.where('userId', '=', filter.userId);
  return readPage(query, { at: 'emails.createdAt', id: 'emails.id' }, page);
}

/** Returns an email, or undefined. */
export async function findEmail(db: Db, id: string): Promise<Email | undefined> {
  return db.selectFrom('emails').select(columns).select(texts).where('id', '=', id).executeTakeFirst();
}

/** Requeues a dead email with all its attempts; false if it is not dead or belongs to a job. */
export async function requeueEmail(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('emails')
    .set({ status: 'pending', attempts: 0, nextAttemptAt: sql<Date>`now()`, leasedUntil: null })
    .where('id', '=', id)
    .where('status', '=', 'dead')
    .where('sender', '=', 'service')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
