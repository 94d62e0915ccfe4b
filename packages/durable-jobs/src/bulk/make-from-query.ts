import type { Db, Trx } from '../database/connect.ts';
import { enqueueStart, type OutboxEntry } from '../jobs/outbox/enqueue.ts';
import { findBulkJobOfOrigin, insertBulkJob } from './rows.ts';
import { StoredUpload } from './stored-upload.ts';
import { processBulk } from './process-bulk.ts';

/** A bulk job to be created from a query. */
export interface QueryJob {
  /** The names of the task and of the query. */
  task: string;
  query: string;
  /** The items that the query finds. */
  items: AsyncIterable<object>;
}

interface MadeJob {
  id: string;
  total: number;
}

/** Thrown if another attempt has already created the job of this key. */
class OriginTakenError extends Error {}

/** Creates a bulk job from the current results of a query, and its start. */
export function startBulkJobOfQuery(db: Db, job: QueryJob): Promise<MadeJob & { entry: OutboxEntry }> {
  return storeFound(db, job, async (trx, made) => {
    await insertBulkJob(trx, { ...made, task: job.task, query: job.query });
    return { ...made, entry: await enqueueStart(trx, processBulk, { bulkJobId: made.id }) };
  });
}

/** Creates a bulk job from the current results of a query. A repeat with the same `originKey` returns the job that it created before. */
export async function makeBulkJobOfQuery(
  db: Db,
  { originKey, ...job }: QueryJob & { originKey: string },
): Promise<MadeJob> {
  const earlier = await findBulkJobOfOrigin(db, originKey);
  if (earlier) return earlier;
  try {
    return await storeFound(db, job, async (trx, made) => {
      const { task, query } = job;
      const isMade = await insertBulkJob(trx, { ...made, task, query, originKey });
      if (!isMade) throw new OriginTakenError();
      return made;
    });
  } catch (error) {
    const made = error instanceof OriginTakenError ? await findBulkJobOfOrigin(db, originKey) : undefined;
    if (!made) throw error;
    return made;
  }
}

/** Stores items in batches, like an upload, so that no statement copies a million rows. `make` creates their job. */
async function storeFound<T>(
  db: Db,
  { items }: QueryJob,
  make: (trx: Trx, made: MadeJob) => Promise<T>,
): Promise<T> {
  const stored = new StoredUpload(db);
  try {
    for await (const item of items) await stored.add(JSON.stringify(item));
    return await db.transaction().execute(async (trx) => {
      await stored.finish(trx);
      return make(trx, { id: stored.id, total: stored.total });
    });
  } catch (error) {
    // Rows that can't be deleted now are left to the clean-up.
    await stored.remove().catch(() => undefined);
    throw error;
  }
}
