import { sql } from 'kysely';
import type { WorkerConfig } from '../config/config.ts';
import { ago, deleteBatch, type DeleteBatch } from '../database/delete-batch.ts';

type DeleteMessages = DeleteBatch<Pick<WorkerConfig, 'MESSAGE_RETENTION'>>;

/** Deletes the rows of a table whose `column` is older than messages are kept. */
const olderThanKept =
  (table: string, key: readonly string[], column: string): DeleteMessages =>
  (db, { MESSAGE_RETENTION }, limit) =>
    deleteBatch(
      db,
      { table, key, where: sql`${sql.ref(column)} < ${ago(MESSAGE_RETENTION)}`, orderBy: column },
      limit,
    );

/** Deletes messages that the broker has stored. Messages that are not published yet are kept without limit. */
export const deletePublishedMessages = olderThanKept('outgoing_messages', ['id'], 'published_at');

/** Deletes messages of the embedded queue that were accepted or are dead: dead ones are also in `dead_letters`. */
export const deleteSettledMessages = olderThanKept('queued_messages', ['id'], 'settled_at');

/** Deletes resolved dead letters. Open ones wait for an operator, whatever their age. */
export const deleteResolvedLetters = olderThanKept('dead_letters', ['id'], 'resolved_at');

/** Deletes counts of messages whose end is not known here, because someone removed them from the broker's queue. */
export const deleteOldFailureCounts = olderThanKept(
  'message_failures',
  ['queue', 'message_key'],
  'last_failed_at',
);
