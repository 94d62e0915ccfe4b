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

/** Deletes messages that the broker has. Those that are not published yet are kept for as long as it takes. */
export const deletePublishedMessages = olderThanKept('outgoing_messages', ['id'], 'published_at');

/** Deletes messages of the embedded queue that were accepted or are dead: dead ones are in `dead_letters` too. */
export const deleteSettledMessages = olderThanKept('queued_messages', ['id'], 'settled_at');

/** Deletes resolved dead letters. Open ones wait for an operator, whatever their age. */
export const deleteResolvedLetters = olderThanKept('dead_letters', ['id'], 'resolved_at');

/** Deletes counts of messages that never came to an end here, because someone took them out of the broker's queue. */
export const deleteOldFailureCounts = olderThanKept(
  'message_failures',
  ['queue', 'message_key'],
  'last_failed_at',
);
