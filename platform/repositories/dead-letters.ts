import { createHash } from 'node:crypto';
import { sql, type Selectable } from 'kysely';
import type { Message } from '../broker/broker.ts';
import { messageColumns, messageOf } from '../broker/message-columns.ts';
import type { Db, Trx } from '../database/connect.ts';
import type { Database } from '../database/schema.ts';
import { addOutgoingMessage } from './outgoing-messages.ts';
import { pageOf, type Cursor, type Page } from './pages.ts';

/** A message that can't be handled, with its body. */
export type DeadLetter = Selectable<Database['dead_letters']>;

/** A dead letter as lists show it: its body may be large, and may hold personal data. */
export type DeadLetterSummary = Omit<DeadLetter, 'body'> & { bytes: number };

/** Where a dead letter is: for somebody to look at, published again, or given up. */
export type DeadLetterStatus = DeadLetter['status'];

/** What tells a message without an id from others; message ids alone can be the same for different bodies. */
function digestOf(message: Message): string {
  return createHash('sha256')
    .update(JSON.stringify([message.id]))
    .update(message.body)
    .digest('hex');
}

/** What names a message in counts of its failures. */
export function messageKey(message: Message): string {
  return message.id === null || message.id.includes('\0') ? digestOf(message) : message.id;
}

/** Keeps a message that was rejected. The same message, while it is open here, is counted and kept once. */
export async function recordDeadLetter(
  db: Db,
  queue: string,
  message: Message,
  { code, reason }: { code: string; reason: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('dead_letters')
      .values({
        queue,
        digest: digestOf(message),
        ...messageColumns(message),
        reason_code: code,
        reason,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['queue', 'digest'])
          .where('status', '=', 'open')
          .doUpdateSet((eb) => ({
            times: eb('dead_letters.times', '+', 1),
            last_seen_at: sql<Date>`now()`,
            reason_code: code,
            reason,
          })),
      )
      .execute();
    await forgetFailures(trx, queue, message);
  });
}

/** Counts a failure of a message and returns how many there were: the same on every broker. */
export async function countFailure(db: Db, queue: string, message: Message): Promise<number> {
  const { failures } = await db
    .insertInto('message_failures')
    .values({ queue, message_key: messageKey(message) })
    .onConflict((conflict) =>
      conflict.columns(['queue', 'message_key']).doUpdateSet((eb) => ({
        failures: eb('message_failures.failures', '+', 1),
        last_failed_at: sql<Date>`now()`,
      })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow();
  return failures;
}

/** Forgets the failures of a message that is settled. */
export async function forgetFailures(trx: Trx, queue: string, message: Message): Promise<void> {
  await trx
    .deleteFrom('message_failures')
    .where('queue', '=', queue)
    .where('message_key', '=', messageKey(message))
    .execute();
}

/** Everything but the body. */
const summaryColumns = [
  'id',
  'queue',
  'digest',
  'message_id',
  'correlation_id',
  'content_type',
  'properties',
  'reason_code',
  'reason',
  'times',
  'status',
  'first_seen_at',
  'last_seen_at',
  'resolved_at',
  'discard_reason',
] as const;

/** A page of dead letters, newest first. */
export async function listDeadLetters(
  db: Db,
  { status, code }: { status: DeadLetterStatus | undefined; code: string | undefined },
  page: { limit: number; after: Cursor | undefined },
): Promise<Page<DeadLetterSummary>> {
  let query = db
    .selectFrom('dead_letters')
    .select(summaryColumns)
    .select(sql<number>`length(body)`.as('bytes'))
    .select(sql<string>`first_seen_at::text`.as('at'));
  if (status !== undefined) query = query.where('status', '=', status);
  if (code !== undefined) query = query.where('reason_code', '=', code);
  if (page.after) {
    query = query.where(
      sql<boolean>`(first_seen_at, id) < (${page.after.at}::timestamptz, ${page.after.id}::uuid)`,
    );
  }
  const rows = await query
    .orderBy('first_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit);
}

/** A dead letter with its body, or undefined. */
export async function findDeadLetter(db: Db, id: string): Promise<DeadLetter | undefined> {
  return db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What came of an attempt to close a dead letter: the letter, and whether this attempt closed it. */
export interface Closing {
  letter: DeadLetter;
  closed: boolean;
}

/** Publishes a dead letter again, as it was, and closes it; undefined where there is none. Of two at once, one does it. */
export async function requeueDeadLetter(db: Db, id: string): Promise<Closing | undefined> {
  return closeDeadLetter(db, id, { status: 'requeued' }, (trx, letter) =>
    addOutgoingMessage(trx, letter.queue, messageOf(letter)),
  );
}

/** Gives a dead letter up, for a reason; undefined where there is none. */
export async function discardDeadLetter(db: Db, id: string, reason: string): Promise<Closing | undefined> {
  return closeDeadLetter(db, id, { status: 'discarded', discard_reason: reason });
}

async function closeDeadLetter(
  db: Db,
  id: string,
  change: Partial<Pick<DeadLetter, 'status' | 'discard_reason'>>,
  effect?: (trx: Trx, letter: DeadLetter) => Promise<void>,
): Promise<Closing | undefined> {
  return db.transaction().execute(async (trx) => {
    const closed = await trx
      .updateTable('dead_letters')
      .set({ ...change, resolved_at: sql<Date>`now()` })
      .where('id', '=', id)
      .where('status', '=', 'open')
      .returningAll()
      .executeTakeFirst();
    if (closed) {
      await effect?.(trx, closed);
      return { letter: closed, closed: true };
    }
    const letter = await findDeadLetter(trx, id);
    return letter && { letter, closed: false };
  });
}
