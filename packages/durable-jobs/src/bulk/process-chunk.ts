import type { Trx } from '../database/connect.ts';
import { checkDatabase } from '../database/check-database.ts';
import { failedByDatabase } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';
import {
  claimItems,
  listPendingItems,
  settleItems,
  type BulkRange,
  type ClaimedItem,
  type ItemError,
} from './rows.ts';
import type { BulkDeps, BulkTaskDefinition, TaskItem } from './define-task.ts';

/** A bulk job whose items are being processed. */
interface ProcessedJob {
  id: string;
  task: BulkTaskDefinition;
}

/**
 * Processes the first chunk of pending items in a range: effects, statuses and counts are one transaction. Returns the position to continue
 * from, or undefined if none was left.
 */
export async function processChunk(
  deps: BulkDeps,
  job: ProcessedJob,
  range: BulkRange,
): Promise<number | undefined> {
  const { task } = job;
  if (task.perform) return performChunk(deps, job, range);
  let claimed: ClaimedItem[] = [];
  try {
    await deps.db.transaction().execute(async (trx) => {
      claimed = await claimItems(trx, job.id, range, task.chunkSize);
      const { items, errors } = readItems(task, claimed);
      if (items.length > 0) errors.push(...(await applyItems(task, trx, items)));
      if (claimed.length > 0) await settleItems(trx, job.id, claimed, errors);
    });
  } catch (error) {
    if (claimed.length === 0 || (await isOutage(deps, error))) throw error;
    await processSingly(deps, job, claimed, error);
  }
  const last = claimed.at(-1);
  return last && last.position + 1;
}

/**
 * Processes the first chunk of pending items with calls outside of any transaction, and records each outcome. One activity processes a
 * chunk at a time; if a worker that was presumed dead continues, each detects what the other has done.
 */
async function performChunk(
  deps: BulkDeps,
  job: ProcessedJob,
  range: BulkRange,
): Promise<number | undefined> {
  const pending = await listPendingItems(deps.db, job.id, range, job.task.chunkSize);
  const { items, errors } = readItems(job.task, pending);
  for (const error of errors) await settleOne(deps, job.id, error.position, error);
  for (const { position, item } of items) {
    const refusal = await performItem(job.task, item, deps).catch(async (error: unknown) => {
      if (await isOutage(deps, error)) throw error;
      return { code: 'task_failed', message: errorMessage(error), retryable: true };
    });
    await settleOne(deps, job.id, position, refusal && { position, ...refusal });
  }
  const last = pending.at(-1);
  return last && last.position + 1;
}

/** Whether items failed because of the database, which uses up none of their attempts. */
function isOutage({ db }: BulkDeps, error: unknown): Promise<boolean> {
  return failedByDatabase(error, () => checkDatabase(db));
}

async function applyItems(
  task: BulkTaskDefinition,
  trx: Trx,
  items: readonly TaskItem<object>[],
): Promise<ItemError[]> {
  if (!task.apply) throw new Error(`the bulk task ${task.name} has no function`);
  return task.apply(trx, items);
}

async function performItem(task: BulkTaskDefinition, item: object, deps: BulkDeps) {
  if (!task.perform) throw new Error(`the bulk task ${task.name} has no function`);
  return task.perform(item, deps);
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

/** Retries each item of a failed chunk in a separate transaction. */
async function processSingly(
  deps: BulkDeps,
  job: ProcessedJob,
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
  const single = { ...job, task: { ...job.task, chunkSize: 1 } };
  for (const { position } of claimed) await processChunk(deps, single, { from: position, to: position });
}

/** Parses stored payloads. A payload that the current schema refuses was accepted by an earlier version of it. */
function readItems(
  task: BulkTaskDefinition,
  claimed: readonly ClaimedItem[],
): { items: TaskItem<object>[]; errors: ItemError[] } {
  const items: TaskItem<object>[] = [];
  const errors: ItemError[] = [];
  for (const { position, payload } of claimed) {
    const parsed = task.item.safeParse(payload);
    if (parsed.success) items.push({ position, item: parsed.data });
    else errors.push({ position, code: 'invalid_item', message: parsed.error.message, retryable: false });
  }
  return { items, errors };
}
