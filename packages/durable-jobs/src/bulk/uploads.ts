import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { enqueueStart, type OutboxEntry } from '../jobs/outbox/enqueue.ts';
import type { BulkTaskDefinition } from './define-task.ts';
import { insertBulkJob } from './rows.ts';
import { unauthorized } from '../access/authenticate.ts';
import type { Caller } from '../http/caller.ts';
import { Problem, type FieldError } from '../http/problem.ts';
import { listErrors } from '../http/validate.ts';
import { tooLarge } from './body-items.ts';
import type { RawItem } from './read-items.ts';
import { StoredUpload } from './stored-upload.ts';
import { processBulk } from './process-bulk.ts';

/** Wrong items that one answer names. */
const MAX_ERRORS = 100;

/** How often an upload is renewed, and its caller's key checked: a sixth of the lease. */
const CHECK_MS = 10_000;

/** A bulk job to be made. */
export interface Upload {
  task: BulkTaskDefinition;
  /** Opens the items. They fail with the signal's reason once it aborts, or end as they would have. */
  open: (signal: AbortSignal) => AsyncIterable<RawItem>;
  maxItems: number;
  caller: Pick<Caller, 'isStillValid'>;
}

/** A bulk job that was made, and its start. */
export interface MadeBulkJob {
  id: string;
  total: number;
  entry: OutboxEntry;
}

/** Makes bulk jobs of items that come in. */
export interface BulkUploads {
  /**
   * Stores the items of an upload, and then, in one transaction, the job and its start. An upload that is cut off, holds a wrong
   * item, or whose caller's key is revoked meanwhile, leaves nothing behind.
   * @throws {Problem} naming the first hundred wrong items.
   */
  receive: (upload: Upload) => Promise<MadeBulkJob>;
  /** Resolves when no upload is under way any more, and what was refused is deleted. */
  drain: () => Promise<void>;
}

/** Makes the uploads of one process. */
export function createBulkUploads({ db, logger }: { db: Db; logger: Logger }): BulkUploads {
  const underWay = new Set<Promise<unknown>>();

  const receive = async (upload: Upload): Promise<MadeBulkJob> => {
    const stored = new StoredUpload(db);
    const stopChecks = new AbortController();
    const checks = setInterval(() => {
      checkUpload(upload, stored).catch((error: unknown) => {
        if (error instanceof Problem) stopChecks.abort(error);
        else logger.warn({ err: error, bulkJobId: stored.id }, 'an upload was not renewed');
      });
    }, CHECK_MS);
    try {
      await storeItems(upload, stored, stopChecks.signal);
      if (!(await upload.caller.isStillValid())) throw unauthorized();
      return await db.transaction().execute(async (trx) => {
        const { id, total } = stored;
        await stored.finish(trx);
        await insertBulkJob(trx, { id, task: upload.task.name, total });
        return { id, total, entry: await enqueueStart(trx, processBulk, { bulkJobId: id }) };
      });
    } catch (error) {
      await stored.remove().catch((cause: unknown) => {
        logger.warn({ err: cause, bulkJobId: stored.id }, 'a refused upload is left to the clean-up');
      });
      throw error;
    } finally {
      clearInterval(checks);
    }
  };

  return {
    async receive(upload) {
      const receiving = receive(upload);
      underWay.add(receiving);
      try {
        return await receiving;
      } finally {
        underWay.delete(receiving);
      }
    },
    async drain() {
      await Promise.allSettled(underWay);
    },
  };
}

/** @throws where an upload can't be finished any more. */
async function checkUpload({ caller }: Upload, stored: StoredUpload): Promise<void> {
  if (!(await caller.isStillValid())) throw unauthorized();
  await stored.renew();
}

async function storeItems(
  { task, open, maxItems }: Upload,
  stored: StoredUpload,
  signal: AbortSignal,
): Promise<void> {
  const errors: FieldError[] = [];
  for await (const raw of open(signal)) {
    const read = readItem(task, raw);
    if ('errors' in read) errors.push(...read.errors);
    if (errors.length >= MAX_ERRORS) break;
    if ('errors' in read || errors.length > 0) continue;
    if (stored.total >= maxItems) throw tooLarge(`${maxItems} items`);
    await stored.add(read.payload);
  }
  signal.throwIfAborted();
  if (errors.length > 0) {
    throw new Problem('validationFailed', 'Some items are not valid. Nothing was stored.', {
      errors: errors.slice(0, MAX_ERRORS),
    });
  }
  if (stored.total === 0)
    throw new Problem('validationFailed', 'There are no items.', {
      errors: [{ path: 'body', message: 'has no items' }],
    });
}

/** The item as it is stored, or what is wrong with it. */
function readItem(
  task: BulkTaskDefinition,
  { path, value, errors }: RawItem,
): { payload: string } | { errors: readonly FieldError[] } {
  if (errors) return { errors };
  const parsed = task.item.safeParse(value);
  return parsed.success
    ? { payload: JSON.stringify(parsed.data) }
    : { errors: listErrors(parsed.error, path) };
}
