import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { StoredEntry } from './enqueue.ts';
import { wakeAwaiting, wakeAwaitingStart } from '../flow/wake.ts';
import { NEVER } from './never.ts';
import { isStillToMake } from './still-to-make.ts';
import type { RefusalCode, StartRefusedError } from './refused-start.ts';

/** Time for which a refused start is still retried: during a rolling deployment, some processes do not know its type yet. */
const PATIENCE_SECONDS = 15 * 60;

/** Whether no process, of any release, can start a job that was refused for this reason. */
function isFinal(code: RefusalCode): boolean {
  return code.startsWith('invalid_');
}

/**
 * Turns a refused start into a dead start, which is not retried until an operator requeues it. Returns false if it is still to be retried.
 * Values from SQL that the job's definition refuses make it dead immediately, so that their author notices.
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
  if (!isFinal(code))
    query = query.where(sql<boolean>`refused_at <= now() - make_interval(secs => ${PATIENCE_SECONDS})`);
  const buried = await query.returning('id').executeTakeFirst();
  if (!buried) return false;
  const { jobType, jobId } = entry;
  if (jobId !== null) await wakeAwaiting(db, [jobId]);
  await wakeAwaitingStart(db, entry.id);
  logger.error({ entryId: entry.id, jobType, jobId, code }, 'a start cannot be made and is now a dead start');
  return true;
}
