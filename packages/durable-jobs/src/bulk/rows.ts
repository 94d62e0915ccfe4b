import { sql, type Selectable } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import { jsonUpTo, LISTED_BYTES, omittedOf } from '../database/shown.ts';

/** A bulk job's row. */
export type BulkJob = Selectable<LibraryDatabase['bulkJobs']>;

/** An item as a task receives it. */
export interface ClaimedItem {
  position: number;
  payload: unknown;
  attempts: number;
}

/** The error of a failed item. */
export interface ItemError {
  position: number;
  code: string;
  message: string;
  /** Whether a retry may succeed. */
  retryable: boolean;
}

/** One attempt, and two retries for temporary failures. */
export const MAX_ITEM_ATTEMPTS = 3;

/** Longer messages do not help, and there may be a million of them. */
const MAX_MESSAGE_LENGTH = 500;

/** Inserts a bulk job whose items are stored. Returns false if a job with the same origin key already exists. */
export async function insertBulkJob(
  trx: Trx,
  job: { id: string; task: string; total: number; query?: string; originKey?: string | null },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('bulkJobs')
    .values(job)
    .onConflict((conflict) => conflict.column('originKey').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Adds items to a job, the first at `position`. `payloads` are JSON texts. */
export async function insertBulkItems(
  trx: Trx,
  bulkJobId: string,
  position: number,
  payloads: readonly string[],
): Promise<void> {
  await sql`
    INSERT INTO bulk_items (bulk_job_id, position, payload)
    SELECT ${bulkJobId}, ${position}::integer + index - 1, payload::jsonb
    FROM unnest(${payloads}::text[]) WITH ORDINALITY AS item (payload, index)`.execute(trx);
}

/** Returns the job that was created for an origin key, or undefined. */
export async function findBulkJobOfOrigin(
  db: Db,
  originKey: string,
): Promise<{ id: string; total: number } | undefined> {
  return db
    .selectFrom('bulkJobs')
    .select(['id', 'total'])
    .where('originKey', '=', originKey)
    .executeTakeFirst();
}

/** Returns a job by id, or undefined. */
export async function findBulkJob(db: Db, id: string): Promise<BulkJob | undefined> {
  return db.selectFrom('bulkJobs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Returns the newest jobs with ids below `before`. */
export async function listBulkJobs(db: Db, page: PageRequest): Promise<Page<BulkJob>> {
  const query = db.selectFrom('bulkJobs').selectAll();
  return readPage(query, { at: 'bulkJobs.createdAt', id: 'bulkJobs.id' }, page);
}

/** Returns the newest jobs that have not ended. */
export async function listOpenBulkJobs(db: Db, limit: number): Promise<BulkJob[]> {
  return db
    .selectFrom('bulkJobs')
    .selectAll()
    .where('endedAt', 'is', null)
    .orderBy('createdAt', 'desc')
    .limit(limit)
    .execute();
}

/** Returns failed items after a position, in order. */
export async function listFailedItems(
  db: Db,
  id: string,
  { limit, after }: { limit: number; after: number },
): Promise<
  {
    position: number;
    payload: object | null;
    omitted: string[];
    attempts: number;
    code: string | null;
    message: string | null;
  }[]
> {
  return db
    .selectFrom('bulkItems')
    .select(['position', 'attempts', 'errorCode as code', 'errorMessage as message'])
    .select([
      jsonUpTo<object>('payload', LISTED_BYTES).as('payload'),
      omittedOf(['payload'], LISTED_BYTES).as('omitted'),
    ])
    .where('bulkJobId', '=', id)
    .where('status', '=', 'failed')
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

/** A range of positions, both ends included. */
export interface BulkRange {
  from: number;
  to: number;
}

/** Returns the next `count` ranges of `size` pending items each, after a position; fewer, or none, at the end. */
export async function pendingRanges(
  db: Db,
  id: string,
  { after, size, count }: { after: number; size: number; count: number },
): Promise<BulkRange[]> {
  const { rows } = await sql<BulkRange>`
    SELECT min(position) AS "from", max(position) AS "to"
    FROM (
      SELECT position, (row_number() OVER (ORDER BY position) - 1) / ${size}::integer AS range
      FROM bulk_items
      WHERE bulk_job_id = ${id} AND status = 'pending' AND position > ${after}
      ORDER BY position
      LIMIT ${size * count}
    ) AS pending
    GROUP BY range ORDER BY range`.execute(db);
  return rows;
}

/**
 * Locks the first pending items of a range in the transaction. A concurrent attempt at the same range waits for its end, and then finds
 * them done.
 */
export async function claimItems(
  trx: Trx,
  id: string,
  { from, to }: BulkRange,
  limit: number,
): Promise<ClaimedItem[]> {
  return pendingItems(trx, id, { from, to }, limit).forUpdate().execute();
}

/** Returns the first pending items in a range without locking them. */
export async function listPendingItems(
  db: Db,
  id: string,
  range: BulkRange,
  limit: number,
): Promise<ClaimedItem[]> {
  return pendingItems(db, id, range, limit).execute();
}

function pendingItems(db: Db, id: string, { from, to }: BulkRange, limit: number) {
  return db
    .selectFrom('bulkItems')
    .select(['position', 'payload', 'attempts'])
    .where('bulkJobId', '=', id)
    .where('position', '>=', from)
    .where('position', '<=', to)
    .where('status', '=', 'pending')
    .orderBy('position')
    .limit(limit);
}

/** Records the outcome of claimed items and counts them, in the transaction of their effects. */
export async function settleItems(
  trx: Trx,
  id: string,
  items: readonly ClaimedItem[],
  errors: readonly ItemError[],
): Promise<void> {
  const failedPositions = new Set(errors.map(({ position }) => position));
  const done = items.filter(({ position }) => !failedPositions.has(position)).map(({ position }) => position);
  if (done.length > 0) {
    await trx
      .updateTable('bulkItems')
      .set({ status: 'done', errorCode: null, errorMessage: null })
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where('bulkJobId', '=', id)
      .where('position', '=', sql<number>`ANY(${done}::integer[])`)
      .execute();
  }
  let failed = 0;
  for (const error of errors) {
    const attempts = (items.find(({ position }) => position === error.position)?.attempts ?? 0) + 1;
    const final = !error.retryable || attempts >= MAX_ITEM_ATTEMPTS;
    if (final) failed++;
    await trx
      .updateTable('bulkItems')
      .set({
        status: final ? 'failed' : 'pending',
        attempts,
        errorCode: error.code,
        errorMessage: error.message.slice(0, MAX_MESSAGE_LENGTH),
      })
      .where('bulkJobId', '=', id)
      .where('position', '=', error.position)
      .execute();
  }
  // Last, so that concurrent batches wait only for each other's commit.
  await trx
    .updateTable('bulkJobs')
    .set((eb) => ({ done: eb('done', '+', done.length), failed: eb('failed', '+', failed) }))
    .where('id', '=', id)
    .execute();
}

/**
 * Marks a job as running, at its start or after a pause. Its rate is measured from now on. A job that has ended stays so: an attempt that a frozen
 * worker makes late may come after the end.
 */
export async function markBulkRunning(db: Db, id: string): Promise<void> {
  await db
    .updateTable('bulkJobs')
    .set((eb) => ({
      status: 'running',
      startedAt: eb.fn.coalesce('startedAt', sql<Date>`now()`),
      endedAt: null,
      rateSince: sql<Date>`now()`,
      rateBase: sql<number>`done + failed`,
    }))
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'paused'])
    .execute();
}

/** Marks a job as paused. */
export async function markBulkPaused(db: Db, id: string): Promise<void> {
  await db
    .updateTable('bulkJobs')
    .set({ status: 'paused' })
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .execute();
}

/**
 * Ends a job, unless items are left to be retried: then it returns their number. Failed items that are requeued concurrently are either
 * seen here, or find the job ended and start it again.
 */
export async function endBulkJob(
  db: Db,
  id: string,
  status: 'completed' | 'cancelled',
): Promise<{ job: BulkJob; pending: number }> {
  return db.transaction().execute(async (trx) => {
    const { pending, ...job } = await lockBulkJob(trx, id);
    if (status === 'completed' && pending > 0) return { job, pending };
    await trx.updateTable('bulkJobs').set({ status, endedAt: new Date() }).where('id', '=', id).execute();
    return { job: { ...job, status }, pending };
  });
}

/** Locks a job until the end of the caller's transaction. `pending` is the number of items that are left. */
async function lockBulkJob(trx: Trx, id: string): Promise<BulkJob & { pending: number }> {
  const job = await trx
    .selectFrom('bulkJobs')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { ...job, pending: job.total - job.done - job.failed };
}

/** Cancels a job whose workflow no longer exists, unless the job has ended. Returns how many items are left, or undefined. */
export async function cancelAbandonedBulkJob(trx: Trx, id: string): Promise<number | undefined> {
  const { endedAt, pending } = await lockBulkJob(trx, id);
  if (endedAt) return undefined;
  await trx
    .updateTable('bulkJobs')
    .set({ status: 'cancelled', endedAt: new Date() })
    .where('id', '=', id)
    .execute();
  return pending;
}

/** Prepares a job whose workflow has ended to continue with the items that are left. Returns their number. */
export async function requeueBulkJob(trx: Trx, id: string): Promise<number> {
  const { pending } = await lockBulkJob(trx, id);
  if (pending === 0) return 0;
  await trx.updateTable('bulkJobs').set({ status: 'queued', endedAt: null }).where('id', '=', id).execute();
  return pending;
}

/** Requeues failed items, with all their attempts. Returns their number. */
export async function requeueFailedItems(trx: Trx, id: string): Promise<number> {
  await trx.selectFrom('bulkJobs').select('id').where('id', '=', id).forUpdate().execute();
  const { numUpdatedRows } = await trx
    .updateTable('bulkItems')
    .set({ status: 'pending', attempts: 0 })
    .where('bulkJobId', '=', id)
    .where('status', '=', 'failed')
    .executeTakeFirst();
  const count = Number(numUpdatedRows);
  if (count === 0) return 0;
  await trx
    .updateTable('bulkJobs')
    .set((eb) => ({ failed: eb('failed', '-', count) }))
    .where('id', '=', id)
    .execute();
  await trx
    .updateTable('bulkJobs')
    .set({ status: 'queued', endedAt: null })
    .where('id', '=', id)
    .where('status', '=', 'completed')
    .execute();
  return count;
}
