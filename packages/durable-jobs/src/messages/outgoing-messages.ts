import { sql } from 'kysely';
import type { Message } from './broker/broker.ts';
import { messageColumns, messageOf } from './broker/message-columns.ts';
import type { Db, Trx } from '../database/connect.ts';

/** A message to be published. */
export interface OutgoingMessage {
  rowId: number;
  message: Message;
  /** How often the broker refused it. */
  refusals: number;
}

/** The bytes of one batch; the message that reaches them is the last one. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** Commits a message in the caller's transaction. The service `message-publisher` publishes it; a trigger notifies it. */
export async function addOutgoingMessage(trx: Trx, queue: string, message: Message): Promise<void> {
  await trx
    .insertInto('outgoingMessages')
    .values({ queue, ...messageColumns(message) })
    .execute();
}

/**
 * Returns due messages of a queue, oldest first, or the time of the next one if none is due. There are at most `limit`, and as many as fit
 * into memory together: a message that was requeued is as large as its sender made it.
 */
export async function dueMessages(
  db: Db,
  queue: string,
  limit: number,
): Promise<{ messages: OutgoingMessage[]; nextAt: Date | undefined }> {
  const pending = db
    .selectFrom('outgoingMessages')
    .where('queue', '=', queue)
    .where('publishedAt', 'is', null);
  const due = pending
    .where('nextAttemptAt', '<=', sql<Date>`now()`)
    .select(['id', sql<number>`octet_length(body) + pg_column_size(properties)`.as('bytes')])
    .orderBy('id')
    .limit(limit);
  const rows = await db
    .with('due', () => due)
    .with('placed', (cte) =>
      cte.selectFrom('due').select(['id', sql<number>`sum(bytes) OVER (ORDER BY id) - bytes`.as('before')]),
    )
    .selectFrom('outgoingMessages')
    .selectAll()
    .where('id', 'in', (eb) => eb.selectFrom('placed').select('id').where('before', '<', BATCH_BYTES))
    .orderBy('id')
    .execute();
  if (rows.length > 0) {
    const messages = rows.map((row) => ({ rowId: row.id, message: messageOf(row), refusals: row.refusals }));
    return { messages, nextAt: undefined };
  }
  const next = await pending.select(({ fn }) => fn.min('nextAttemptAt').as('at')).executeTakeFirst();
  return { messages: [], nextAt: next?.at ?? undefined };
}

/** Marks messages as published, because the broker has stored them. */
export async function markPublished(db: Db, rowIds: readonly number[]): Promise<void> {
  if (rowIds.length === 0) return;
  await db
    .updateTable('outgoingMessages')
    .set({ publishedAt: sql<Date>`now()`, lastError: null })
    .where('id', 'in', rowIds)
    .execute();
}

/** Delays a message that the broker refused. */
export async function markRefused(
  db: Db,
  rowId: number,
  { error, afterMs }: { error: string; afterMs: number },
): Promise<void> {
  await db
    .updateTable('outgoingMessages')
    .set((eb) => ({
      refusals: eb('refusals', '+', 1),
      lastError: error,
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${afterMs / 1000})`,
    }))
    .where('id', '=', rowId)
    .execute();
}
