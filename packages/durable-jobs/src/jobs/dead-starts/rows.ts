import { sql, type Selectable } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import type { LibraryDatabase } from '../../database/schema.ts';
import { jsonUpTo, LISTED_BYTES, omittedOf, SHOWN_BYTES } from '../../database/shown.ts';
import { forgetRetry } from '../run-records/job-retries.ts';
import { awaitAgain } from '../flow/wake.ts';
import { notifyRelay } from '../outbox/enqueue.ts';
import { NEVER } from '../outbox/never.ts';

type Row = Selectable<LibraryDatabase['outbox']>;

/** A start that can't be made, which is kept until an operator requeues or discards it. */
export interface DeadStart extends Pick<
  Row,
  | 'id'
  | 'jobType'
  | 'jobId'
  | 'dedupeKey'
  | 'startAt'
  | 'requestId'
  | 'attempts'
  | 'createdAt'
  | 'droppedAt'
  | 'deadCode'
  | 'lastError'
  | 'discardReason'
> {
  input: Row['input'] | null;
  status: 'dead' | 'discarded';
  /** Names of the fields that are null because they are too large. */
  omitted: string[];
}

const columns = [
  'id',
  'jobType',
  'jobId',
  'dedupeKey',
  'startAt',
  'requestId',
  'attempts',
  'createdAt',
  'droppedAt',
  'deadCode',
  'lastError',
  'discardReason',
] as const;

const selectStarts = (db: Db, bytes: number) =>
  db
    .selectFrom('outbox')
    .select(columns)
    .select([
      sql<DeadStart['status']>`outcome`.as('status'),
      jsonUpTo<Row['input']>('input', bytes).as('input'),
      omittedOf(['input'], bytes).as('omitted'),
    ]);

/** Returns up to `limit` dead starts, newest first, below the id `after`, plus one if there are more. */
export async function listDeadStarts(
  db: Db,
  { code, jobType }: { code?: string | undefined; jobType?: string | undefined },
  page: { limit: number; after: number | undefined },
): Promise<DeadStart[]> {
  let query = selectStarts(db, LISTED_BYTES).where('outcome', '=', 'dead');
  if (code !== undefined) query = query.where('deadCode', '=', code);
  if (jobType !== undefined) query = query.where('jobType', '=', jobType);
  if (page.after !== undefined) query = query.where('id', '<', page.after);
  return query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
}

/** A start that is dead or was discarded; undefined if there is none. */
export async function findDeadStart(db: Db, id: number): Promise<DeadStart | undefined> {
  return selectStarts(db, SHOWN_BYTES)
    .where('id', '=', id)
    .where('outcome', 'in', ['dead', 'discarded'])
    .executeTakeFirst();
}

/** The outcome of an action on a dead start: the start as it was, or that it is not dead. */
export type Resolution = { start: DeadStart } | 'not-dead';

/** Requeues a dead start, with the relay's full patience; undefined if it does not exist. */
export async function requeueDeadStart(db: Db, id: number): Promise<Resolution | undefined> {
  return resolve(db, id, async (trx) => {
    await trx
      .updateTable('outbox')
      .set({
        outcome: null,
        deadCode: null,
        droppedAt: null,
        refusedAt: null,
        attempts: 0,
        // A start that is held is due when what it waits for has ended.
        nextAttemptAt: sql<Date>`CASE WHEN is_held THEN ${NEVER}::timestamptz ELSE now() END`,
      })
      .where('id', '=', id)
      .execute();
    await awaitAgain(trx, { unmadeEntryId: id });
    await notifyRelay(trx);
  });
}

/** Discards a dead start with a reason; undefined if it does not exist. The run that it would have retried can be retried again. */
export async function discardDeadStart(db: Db, id: number, reason: string): Promise<Resolution | undefined> {
  return resolve(db, id, async (trx) => {
    const { jobId, retry } = await trx
      .updateTable('outbox')
      .set({ outcome: 'discarded', discardReason: reason })
      .where('id', '=', id)
      .returning(['jobId', 'retry'])
      .executeTakeFirstOrThrow();
    if (jobId !== null && retry) await forgetRetry(trx, jobId, retry.runId);
  });
}

async function resolve(
  db: Db,
  id: number,
  effect: (trx: Trx) => Promise<void>,
): Promise<Resolution | undefined> {
  return db.transaction().execute(async (trx) => {
    // If two do this at once, only one succeeds.
    const row = await trx
      .selectFrom('outbox')
      .select('outcome')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return undefined;
    const start = row.outcome === 'dead' ? await findDeadStart(trx, id) : undefined;
    if (!start) return 'not-dead';
    await effect(trx);
    return { start };
  });
}
