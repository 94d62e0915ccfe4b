import { bulkTasks, type BulkItem, type BulkTask } from '../../../../contracts/bulk.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';
import {
  claimItems,
  listPendingItems,
  settleItems,
  type BulkRange,
  type ClaimedItem,
  type ItemError,
} from './rows.ts';
import type { BulkDeps, BulkTaskRunner, OutsideTask, TaskItem } from './task.ts';

/**
 * Does the first chunk of pending items in a range, their effects, statuses and counts in one transaction. Returns the
 * position to go on from, or undefined where none was left.
 */
export async function processChunk<T extends BulkTask>(
  deps: BulkDeps,
  job: { id: string; task: T; runner: BulkTaskRunner<BulkItem<T>> },
  range: BulkRange,
): Promise<number | undefined> {
  if ('perform' in job.runner) return performChunk(deps, { ...job, runner: job.runner }, range);
  const { apply, chunkSize } = job.runner;
  let claimed: ClaimedItem[] = [];
  try {
    await deps.db.transaction().execute(async (trx) => {
      claimed = await claimItems(trx, job.id, range, chunkSize);
      const { items, errors } = readItems(job.task, claimed);
      if (items.length > 0) errors.push(...(await apply(trx, items)));
      if (claimed.length > 0) await settleItems(trx, job.id, claimed, errors);
    });
  } catch (error) {
    if (isDatabaseUnavailable(error) || claimed.length === 0) throw error;
    await processSingly(deps, job, claimed, error);
  }
  const last = claimed.at(-1);
  return last && last.position + 1;
}

/**
 * Does the first chunk of pending items by calls outside of any transaction, and notes after each what became of it. A chunk
 * is one activity's at a time; where a worker was given up for dead and goes on, both find done what the other has done.
 */
async function performChunk<T extends BulkTask>(
  deps: BulkDeps,
  job: { id: string; task: T; runner: OutsideTask<BulkItem<T>> & { chunkSize: number } },
  range: BulkRange,
): Promise<number | undefined> {
  const pending = await listPendingItems(deps.db, job.id, range, job.runner.chunkSize);
  const { items, errors } = readItems(job.task, pending);
  for (const error of errors) await settleOne(deps, job.id, error.position, error);
  for (const { position, item } of items) {
    const refusal = await job.runner.perform(item, deps).catch((error: unknown) => {
      if (isDatabaseUnavailable(error)) throw error;
      return { code: 'task_failed', message: errorMessage(error), retryable: true };
    });
    await settleOne(deps, job.id, position, refusal && { position, ...refusal });
  }
  const last = pending.at(-1);
  return last && last.position + 1;
}

/** Records the outcome of one item, unless another attempt already has. */
async function settleOne(
  { db }: BulkDeps,
  jobId: string,
  position: number,
  error: ItemError | undefined,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const claimed = await claimItems(trx, jobId, { from: position, to: position }, 1);
    if (claimed.length === 0) return;
    await settleItems(trx, jobId, claimed, error ? [error] : []);
  });
}

/** Gives each item of a chunk that failed as a whole a transaction of its own. */
async function processSingly<T extends BulkTask>(
  deps: BulkDeps,
  job: { id: string; task: T; runner: BulkTaskRunner<BulkItem<T>> },
  claimed: readonly ClaimedItem[],
  cause: unknown,
): Promise<void> {
  const [only] = claimed;
  if (only && claimed.length === 1) {
    const error = {
      position: only.position,
      code: 'task_failed',
      message: errorMessage(cause),
      retryable: true,
    };
    await settleOne(deps, job.id, only.position, error);
    return;
  }
  const single = { ...job, runner: { ...job.runner, chunkSize: 1 } };
  for (const { position } of claimed) await processChunk(deps, single, { from: position, to: position });
}

/** Reads stored payloads. One that the schema of today refuses was accepted by an earlier one. */
function readItems<T extends BulkTask>(
  task: T,
  claimed: readonly ClaimedItem[],
): { items: TaskItem<BulkItem<T>>[]; errors: ItemError[] } {
  const items: TaskItem<BulkItem<T>>[] = [];
  const errors: ItemError[] = [];
  for (const { position, payload } of claimed) {
    const parsed = bulkTasks[task].item.safeParse(payload);
    if (parsed.success) items.push({ position, item: parsed.data as BulkItem<T> });
    else errors.push({ position, code: 'invalid_item', message: parsed.error.message, retryable: false });
  }
  return { items, errors };
}
