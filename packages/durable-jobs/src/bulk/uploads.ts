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

/** Limit of invalid items that a response names. */
const MAX_ERRORS = 100;

/** Interval at which an upload is renewed and its caller's key is checked: a sixth of the lease. */
const CHECK_MS = 10_000;

/** A bulk job to be created. */
export interface Upload {
  task: BulkTaskDefinition;
  /** Opens the items. Reading them fails with the signal's reason once it aborts. */
  open: (signal: AbortSignal) => AsyncIterable<RawItem>;
  maxItems: number;
  caller: Pick<Caller, 'isStillValid'>;
}

/** A bulk job that was created, and its start. */
export interface MadeBulkJob {
  id: string;
  total: number;
  entry: OutboxEntry;
}

/** Creates bulk jobs from uploaded items. */
export interface BulkUploads {
  /**
   * Stores the items of an upload, and then, in one transaction, the job and its start. An upload leaves nothing behind if it is cut off,
   * contains an invalid item, or its caller's key is revoked meanwhile.
   * @throws {Problem} that names the first hundred invalid items.
   */
  receive: (upload: Upload) => Promise<MadeBulkJob>;
  /** Resolves when no upload is in progress and the items of refused uploads are deleted. */
  drain: () => Promise<void>;
}

/** Creates the uploads of one process. */
export function createBulkUploads({ db, logger }: { db: Db; logger: Logger }): BulkUploads {
  const underWay = new Set<Promise<unknown>>();

  const receive = async (upload: Upload): Promise<MadeBulkJob> => {
    const stored = new StoredUpload(db);
    const stopChecks = new AbortController();
    const checks = setInterval(() => {
      checkUpload(upload, stored).catch((error: unknown) => {
        if (error instanceof Problem) stopChecks.abort(error);
        else logger.warn({ err: error, bulkJobId: stored.id }, 'the lease of an upload could not be renewed');
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
        logger.warn(
          { err: cause, bulkJobId: stored.id },
          'a refused upload could not be deleted; the clean-up deletes it',
        );
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

/** @throws if an upload can no longer be finished. */
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
    throw new Problem('validationFailed', 'The body contains no items.', {
      errors: [{ path: 'body', message: 'must contain at least one item' }],
    });
}

/** Returns the item as it is stored, which is as it was given, or its errors. Its task's schema parses it when it is processed. */
function readItem(
  task: BulkTaskDefinition,
  { path, value, errors }: RawItem,
): { payload: string } | { errors: readonly FieldError[] } {
  if (errors) return { errors };
  const parsed = task.item.safeParse(value);
  return parsed.success ? { payload: JSON.stringify(value) } : { errors: listErrors(parsed.error, path) };
}
