import { createBatches } from '../database/batches.ts';
import { whileDatabaseAnswers } from '../database/unavailable.ts';
import { LeaseLostError } from './errors.ts';
import type { Completion, WorkQueue } from './work-queue.ts';

/**
 * Returns a function that completes an item which was done outside of any transaction, together with those of other callers at the same time.
 * It resolves when the commit is on disk, and throws {@link LeaseLostError} if the item is not the caller's any more.
 */
export function createCompletions(queue: WorkQueue): (completion: Completion) => Promise<void> {
  const complete = createBatches<Completion, boolean>(async (completions) => {
    const completed = await queue.completeAll(completions);
    return completions.map(({ lease }) => completed.has(lease.id));
  });
  return async (completion) => {
    if (await complete(completion)) return;
    // Another transaction has locked its row, or its lease is lost. Only this item waits to find out.
    const isCompleted = await whileDatabaseAnswers(() => queue.complete(completion), 'all');
    if (!isCompleted) throw new LeaseLostError(completion.lease.id);
  };
}
