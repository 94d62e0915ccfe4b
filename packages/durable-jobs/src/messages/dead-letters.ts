import { createHash } from 'node:crypto';
import { sql, type Selectable } from 'kysely';
import type { Message } from './broker/broker.ts';
import { messageColumns } from './broker/message-columns.ts';
import type { Db, Trx } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { jsonUpTo, LISTED_BYTES, listedText, omittedOf, SHOWN_BYTES } from '../database/shown.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';

type Row = Selectable<LibraryDatabase['deadLetters']>;

/** A message that cannot be handled, without its body. It may be as large as the broker allows. */
export interface DeadLetter extends Omit<Row, 'body' | 'properties'> {
  properties: Row['properties'] | null;
  /** The size of its body. */
  bytes: number;
  /** Names of the fields that are null because they are too large. */
  omitted: string[];
}

/** A dead letter with its body, which may contain personal data. */
export interface DeadLetterWithBody extends DeadLetter {
  body: Buffer | null;
}

/** The state of a dead letter: open, published again, or discarded. */
export type DeadLetterStatus = Row['status'];

/**
 * Returns what distinguishes messages without an id. An id alone is not sufficient, because messages with different bodies can have the
 * same id.
 */
function digestOf(message: Message): string {
  return createHash('sha256')
    .update(JSON.stringify([message.id]))
    .update(message.body)
    .digest('hex');
}

/** Returns the key of a message in the counts of failures. */
export function messageKey(message: Message): string {
  return message.id === null || message.id.includes('\0') ? digestOf(message) : message.id;
}

/** Records a message that was rejected. While a dead letter is open, the same message is counted and recorded once. */
export async function recordDeadLetter(
  db: Db,
  queue: string,
  message: Message,
  { code, reason }: { code: string; reason: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('deadLetters')
      .values({
        queue,
        digest: digestOf(message),
        ...messageColumns(message),
        reasonCode: code,
        reason,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['queue', 'digest'])
          .where('status', '=', 'open')
          .doUpdateSet((eb) => ({
            times: eb('deadLetters.times', '+', 1),
            lastSeenAt: sql<Date>`now()`,
            reasonCode: code,
            reason,
          })),
      )
      .execute();
    await forgetFailures(trx, queue, message);
  });
}

/** Counts a failure of a message and returns the total, independently of the broker. */
export async function countFailure(db: Db, queue: string, message: Message): Promise<number> {
  const { failures } = await db
    .insertInto('messageFailures')
    .values({ queue, messageKey: messageKey(message) })
    .onConflict((conflict) =>
      conflict.columns(['queue', 'messageKey']).doUpdateSet((eb) => ({
        failures: eb('messageFailures.failures', '+', 1),
        lastFailedAt: sql<Date>`now()`,
      })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow();
  return failures;
}

/** Deletes the failures of a message that is settled. */
export async function forgetFailures(trx: Trx, queue: string, message: Message): Promise<void> {
  await trx
    .deleteFrom('messageFailures')
    .where('queue', '=', queue)
    .where('messageKey', '=', messageKey(message))
    .execute();
}

const columns = [
  'id',
  'queue',
  'digest',
  'reasonCode',
  'times',
  'status',
  'firstSeenAt',
  'lastSeenAt',
  'resolvedAt',
  'discardReason',
] as const;

/** Selects dead letters without their bodies, and with their properties if those are no longer than `bytes`. */
const selectLetters = (db: Db, bytes: number) =>
  db
    .selectFrom('deadLetters')
    .select(columns)
    .select([
      listedText<string | null>('messageId').as('messageId'),
      listedText<string | null>('correlationId').as('correlationId'),
      listedText<string | null>('contentType').as('contentType'),
      listedText<string>('reason').as('reason'),
      jsonUpTo<Row['properties']>('properties', bytes).as('properties'),
      omittedOf(['properties'], bytes).as('omitted'),
      sql<number>`octet_length(body)`.as('bytes'),
    ]);

/** Returns a page of dead letters, newest first. */
export async function listDeadLetters(
  db: Db,
  { status, code }: { status: DeadLetterStatus | undefined; code: string | undefined },
  page: PageRequest,
): Promise<Page<DeadLetter>> {
  let query = selectLetters(db, LISTED_BYTES);
  if (status !== undefined) query = query.where('status', '=', status);
  if (code !== undefined) query = query.where('reasonCode', '=', code);
  return readPage(query, { at: 'deadLetters.firstSeenAt', id: 'deadLetters.id' }, page);
}

/** Returns a dead letter with its body, if the body is not too large to be shown; undefined if it does not exist. */
export async function findDeadLetter(db: Db, id: string): Promise<DeadLetterWithBody | undefined> {
  const row = await selectLetters(db, SHOWN_BYTES)
    .select(sql<Buffer | null>`CASE WHEN octet_length(body) <= ${SHOWN_BYTES} THEN body END`.as('body'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { ...row, omitted: [...row.omitted, ...(row.body === null ? ['body'] : [])] };
}

/** The outcome of resolving a dead letter: the letter, and whether this call resolved it. */
export interface Closing {
  letter: DeadLetter;
  closed: boolean;
}

/** Publishes a dead letter again, unchanged, and resolves it; undefined if it does not exist. Of two concurrent calls, one does it. */
export async function requeueDeadLetter(db: Db, id: string): Promise<Closing | undefined> {
  return closeDeadLetter(db, id, { status: 'requeued' }, async (trx) => {
    // Inside the database, because it may be large.
    await trx
      .insertInto('outgoingMessages')
      .columns(publishedColumns)
      .expression((eb) => eb.selectFrom('deadLetters').select(publishedColumns).where('id', '=', id))
      .execute();
  });
}

/** Discards a dead letter with a reason; undefined if it does not exist. */
export async function discardDeadLetter(db: Db, id: string, reason: string): Promise<Closing | undefined> {
  return closeDeadLetter(db, id, { status: 'discarded', discardReason: reason });
}

async function closeDeadLetter(
  db: Db,
  id: string,
  change: Partial<Pick<DeadLetter, 'status' | 'discardReason'>>,
  effect?: (trx: Trx) => Promise<void>,
): Promise<Closing | undefined> {
  return db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('deadLetters')
      .set({ ...change, resolvedAt: sql<Date>`now()` })
      .where('id', '=', id)
      .where('status', '=', 'open')
      .executeTakeFirst();
    const closed = numUpdatedRows > 0n;
    if (closed) await effect?.(trx);
    const letter = await selectLetters(trx, SHOWN_BYTES).where('id', '=', id).executeTakeFirst();
    return letter && { letter, closed };
  });
}

/** The columns of a message, without its outcome. */
const publishedColumns = [
  'queue',
  'messageId',
  'correlationId',
  'contentType',
  'properties',
  'body',
] as const;
