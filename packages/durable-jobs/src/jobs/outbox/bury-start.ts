import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { StoredEntry } from './enqueue.ts';
import { wakeAwaiting } from '../flow/wake.ts';
import { NEVER } from './never.ts';
import { isStillToMake } from './still-to-make.ts';
import type { StartRefusedError } from './refused-start.ts';

/** Time for which a refused start is still retried: during a rolling deployment, some processes do not know its type yet. */
const PATIENCE_SECONDS = 15 * 60;

/**
 * Turns a refused start into a dead start, which is not retried until an operator requeues it. Returns false if it is still to be retried.
 * Input from SQL that the job's schema refuses is dead immediately, so that its author notices.
 */
export async function buryStart(
  { db, logger }: { db: Db; logger: Logger },
  entry: StoredEntry,
  { code, message }: StartRefusedError,
): Promise<boolean> {
  let query = db
    .updateTable('outbox')
    .set({
      outcome: 'dead',
      deadCode: code,
      lastError: message,
      attempts: entry.attempts + 1,
      droppedAt: sql<Date>`now()`,
      nextAttemptAt: NEVER,
    })
    .where('id', '=', entry.id)
    .where(isStillToMake);
  if (code !== 'invalid_input')
    query = query.where(sql<boolean>`refused_at <= now() - make_interval(secs => ${PATIENCE_SECONDS})`);
  const buried = await query.returning('id').executeTakeFirst();
  if (!buried) return false;
  const { jobType, jobId } = entry;
  if (jobId !== null) await wakeAwaiting(db, [jobId]);
  logger.error({ entryId: entry.id, jobType, jobId, code }, 'a start cannot be made and is now a dead start');
  return true;
}
