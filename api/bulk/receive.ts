import type { Request } from 'express';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { bulkTasks, type BulkTask } from '../../contracts/bulk.ts';
import { enqueueStart, type OutboxEntry } from '../../platform/outbox/enqueue.ts';
import { insertBulkItems, insertBulkJob, setBulkTotal } from '../../platform/repositories/bulk-jobs.ts';
import type { Trx } from '../../platform/database/connect.ts';
import { requireUtf8 } from '../middleware/read-json.ts';
import { Problem, type FieldError } from '../problem.ts';
import { listErrors } from '../validate.ts';
import { readJsonArray, readNdjson, type RawItem } from './read-items.ts';

/** What a bulk job may be. */
export interface BulkLimits {
  maxItems: number;
  maxBytes: number;
  /** For how long nothing of an upload may come. */
  idleMs: number;
}

/** Rows of one statement: enough for the database to be the limit, few enough to be held in memory. */
const ROWS_PER_INSERT = 1_000;

/** Wrong items that one answer names. */
const MAX_ERRORS = 100;

/** The items of a request's body, by its type. @throws {Problem} where it is of another one. */
export function itemsOf(
  request: Request,
  { maxBytes, idleMs }: Pick<BulkLimits, 'maxBytes' | 'idleMs'>,
): AsyncGenerator<RawItem> {
  if (request.get('content-encoding') !== undefined && request.get('content-encoding') !== 'identity') {
    throw new Problem('unsupportedMediaType', 'Send the items without Content-Encoding.');
  }
  requireUtf8(request);
  const body: Readable = request.pipe(bounded(maxBytes));
  // Its reader throws the error; one that comes when the reader has given up already must not end the process.
  body.on('error', () => undefined);
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('the upload was cut off'));
  });
  endWhenIdle(request, body, idleMs);
  if (request.is('application/x-ndjson')) return readNdjson(body);
  if (request.is('application/json')) return readJsonArray(body);
  throw new Problem(
    'unsupportedMediaType',
    'Send a JSON array as application/json, or a JSON object a line as application/x-ndjson.',
  );
}

/** Gives up a body of which nothing comes any more. */
function endWhenIdle(request: Request, body: Readable, idleMs: number): void {
  const timer = setTimeout(() => {
    // The rest is in the buffers here, and waits for the database.
    if (request.readableLength > 0 || body.readableLength > 0) timer.refresh();
    else body.destroy(stalled(idleMs));
  }, idleMs);
  request.on('data', () => timer.refresh());
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
  body.once('close', () => clearTimeout(timer));
}

function stalled(idleMs: number): Problem {
  return new Problem('uploadStalled', `Nothing came for ${idleMs / 1_000} s. Nothing was kept.`, {
    // What may still come of it would be taken for the next request.
    headers: { Connection: 'close' },
  });
}

function bounded(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(`${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}

function tooLarge(limit: string): Problem {
  return new Problem('payloadTooLarge', `A bulk job takes at most ${limit}. Nothing was kept.`);
}

/**
 * Stores the items of an upload, and the start of the job that works them off, in the caller's transaction: an upload that
 * is cut off, or holds a wrong item, leaves nothing behind.
 * @throws {Problem} naming the first hundred wrong items.
 */
export async function receiveBulkJob(
  trx: Trx,
  task: BulkTask,
  items: AsyncIterable<RawItem>,
  limits: Pick<BulkLimits, 'maxItems'>,
): Promise<{ id: string; total: number; entry: OutboxEntry }> {
  const id = await insertBulkJob(trx, task);
  const errors: FieldError[] = [];
  let total = 0;
  let rows: string[] = [];
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await insertBulkItems(trx, id, total - rows.length, rows);
    rows = [];
  };
  for await (const { path, value, errors: faults } of items) {
    if (faults) {
      errors.push(...faults);
      if (errors.length >= MAX_ERRORS) break;
      continue;
    }
    const parsed = bulkTasks[task].item.safeParse(value);
    if (!parsed.success) {
      errors.push(...listErrors(parsed.error, path));
      if (errors.length >= MAX_ERRORS) break;
      continue;
    }
    if (errors.length > 0) continue;
    if (++total > limits.maxItems) throw tooLarge(`${limits.maxItems} items`);
    rows.push(JSON.stringify(parsed.data));
    if (rows.length === ROWS_PER_INSERT) await flush();
  }
  if (errors.length > 0) {
    throw new Problem('validationFailed', 'Some items are not valid. Nothing was kept.', {
      errors: errors.slice(0, MAX_ERRORS),
    });
  }
  if (total === 0)
    throw new Problem('validationFailed', 'There are no items.', {
      errors: [{ path: 'body', message: 'has no items' }],
    });
  await flush();
  await setBulkTotal(trx, id, total);
  const entry = await enqueueStart(trx, 'processBulk', { bulkJobId: id });
  return { id, total, entry };
}
