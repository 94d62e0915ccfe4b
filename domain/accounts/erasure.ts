import { sql, type NotNull } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import type { Cursor } from 'durable-jobs/database';

/** A person who can be erased, or was. */
export interface Subject {
  id: string;
  email: string;
  erasedAt: Date | null;
}

/** The recipient of emails whose person was erased; a trigger of the table also writes it. */
export const ERASED_RECIPIENT = 'erased@erased.invalid';

/** Locks a user's row, and returns what an erasure needs of it; undefined if there is none. */
export async function lockSubject(trx: Trx, userId: string): Promise<Subject | undefined> {
  return trx
    .selectFrom('users')
    .select(['id', 'email', 'erasedAt'])
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Removes a person's data from our rows, except what their running jobs need to end. Orders, payments and invoices are kept for accounting.
 * Invoices keep their documents as issued, as the law requires, and only operators can read them. The keys of emails are also kept, without
 * address and content, so that no email is sent twice.
 */
export async function anonymiseSubject(trx: Trx, { id, email }: Subject): Promise<void> {
  const emails = trx.updateTable('emails').set({
    recipient: ERASED_RECIPIENT,
    subject: null,
    bodyText: null,
    bodyHtml: null,
    lastError: null,
    // Unsent emails of other programs have no recipient any more.
    status: sql<'dead'>`CASE WHEN status = 'pending' AND sender = 'service' THEN 'dead' ELSE status END`,
  });
  await emails.where('userId', '=', id).execute();
  // Other programs may have written the address in any case.
  await emails.where(sql`lower(recipient)`, '=', email).execute();
  await trx.deleteFrom('passwordResets').where('email', '=', email).execute();
  // The response to their registration, which contains their address and name.
  await trx
    .deleteFrom('idempotencyKeys')
    .where('scope', '=', 'register')
    .where(sql<boolean>`response -> 'body' ->> 'id' = ${id}`)
    .execute();
  await trx
    .updateTable('users')
    .set({
      email: `erased-${id}@erased.invalid`,
      name: 'Erased',
      // No password has this hash.
      passwordHash: '!',
      updatedAt: new Date(),
      // The last statement of the transaction: work that began earlier and is not visible above is recognized by its
      // time.
      erasedAt: sql<Date>`clock_timestamp()`,
    })
    .where('id', '=', id)
    .execute();
}

/** Returns the orders of a person after `after`, oldest first, at most `limit`. */
export async function listOrdersOf(
  db: Db,
  userId: string,
  { after, limit }: { after: Cursor | null; limit: number },
): Promise<Cursor[]> {
  return db
    .selectFrom('orders')
    .select(['id', sql<string>`created_at::text`.as('at')])
    .where('userId', '=', userId)
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(created_at, id) > (${after?.at}::timestamptz, ${after?.id}::uuid)`),
    )
    .orderBy('createdAt')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Any of these jobs. Unlike `IN`, the list can be empty: a step may have no job. */
const anyOf = (jobIds: readonly string[]) => sql<string>`ANY(${jobIds}::text[])`;

/** Returns which of these jobs have a committed start that is not made yet. */
export async function listUnmadeStarts(db: Db, jobIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('jobId')
    .where('jobId', '=', anyOf(jobIds))
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .$narrowType<{ jobId: NotNull }>()
    .execute();
  return rows.map(({ jobId }) => jobId);
}

/** Deletes the records of some of a person's jobs, which have ended, and the payment methods of their orders. */
export async function deleteTraces(
  trx: Trx,
  {
    userId,
    accountKey,
    orderIds,
    jobIds,
  }: { userId: string; accountKey: string; orderIds: readonly string[]; jobIds: readonly string[] },
): Promise<void> {
  await trx.deleteFrom('failedAttempts').where('jobId', '=', anyOf(jobIds)).execute();
  await trx.deleteFrom('failingActivities').where('jobId', '=', anyOf(jobIds)).execute();
  await trx.deleteFrom('movedStarts').where('jobId', '=', anyOf(jobIds)).execute();
  await trx.deleteFrom('outbox').where('jobId', '=', anyOf(jobIds)).execute();
  await trx
    .deleteFrom('orderPaymentMethods')
    .where('orderId', '=', sql<string>`ANY(${orderIds}::uuid[])`)
    .execute();
  // A request that was in progress while the person's row was erased. A later owner of the address may have made
  // requests since.
  await trx
    .deleteFrom('passwordResets')
    .where('accountKey', '=', accountKey)
    .where('requestedAt', '<=', (eb) => eb.selectFrom('users').select('erasedAt').where('id', '=', userId))
    .execute();
  // Messages, and letters that could not be delivered: they come from elsewhere, and may contain anything. A message
  // that a consumer is handling is settled first.
  const mentioned = sql<boolean>`uuids_in(body, message_id, correlation_id, properties)
    && ${[userId, ...orderIds]}::uuid[]`;
  await trx.deleteFrom('queuedMessages').where('settledAt', 'is not', null).where(mentioned).execute();
  await trx.deleteFrom('queuedMessages').where('status', '=', 'ready').where(mentioned).execute();
  await trx.deleteFrom('outgoingMessages').where('publishedAt', 'is not', null).where(mentioned).execute();
  await trx.deleteFrom('deadLetters').where(mentioned).execute();
}
