import { bulkTasks, type BulkItem, type BulkTask } from '../../contracts/bulk.ts';
import { isDatabaseUnavailable } from '../../platform/database/unavailable.ts';
import { errorMessage } from '../../platform/errors.ts';
import {
  claimItems,
  settleItems,
  type BulkRange,
  type ClaimedItem,
  type ItemError,
} from '../../platform/repositories/bulk-jobs.ts';
import type { BulkDeps, BulkTaskRunner, TaskItem } from './task.ts';

/**
 * Does the first chunk of pending items in a range, their effects, statuses and counts in one transaction. Returns the
 * position to go on from, or undefined where none was left.
 */
export async function processChunk<T extends BulkTask>(
  deps: BulkDeps,
  job: { id: string; task: T; runner: BulkTaskRunner<BulkItem<T>> },
  range: BulkRange,
): Promise<number | undefined> {
  let claimed: ClaimedItem[] = [];
  try {
    await deps.db.transaction().execute(async (trx) => {
      claimed = await claimItems(trx, job.id, range, job.runner.chunkSize);
      const { items, errors } = readItems(job.task, claimed);
      if (items.length > 0) errors.push(...(await job.runner.apply(trx, items, deps)));
      if (claimed.length > 0) await settleItems(trx, job.id, claimed, errors);
    });
  } catch (error) {
    if (isDatabaseUnavailable(error) || claimed.length === 0) throw error;
    await processSingly(deps, job, claimed, error);
  }
  const last = claimed.at(-1);
  return last && last.position + 1;
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
    await deps.db.transaction().execute(async (trx) => {
      const range = { from: only.position, to: only.position };
      const again = await claimItems(trx, job.id, range, 1);
      const error = {
        position: only.position,
        code: 'task_failed',
        message: errorMessage(cause),
        retryable: true,
      };
      // Somebody else may have done it meanwhile.
      if (again.length > 0) await settleItems(trx, job.id, again, [error]);
    });
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
