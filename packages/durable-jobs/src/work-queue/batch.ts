import type { Db } from '../database/connect.ts';
import { markTransaction } from '../database/in-transaction.ts';
import { inOwnTransaction, resultJson, untilAborted } from './attempt.ts';
import type { BatchContext, WorkItemDefinition } from './define-work-item.ts';
import { LeaseLostError } from './errors.ts';
import type { ClaimedWork, WorkQueue } from './work-queue.ts';

/** Most items that are processed together. */
export const MOST_TOGETHER = 50;

/** A kind whose items can be processed together. */
export type BatchedKind = WorkItemDefinition & Required<Pick<WorkItemDefinition, 'applyAll'>>;

/**
 * Whether an item may be processed together with others of its kind. One that failed before, or whose worker died, is processed by itself, so
 * that it does not make others fail again; and so is one at its last attempt, which others must not use up.
 */
export function isBatched(
  definition: WorkItemDefinition,
  { attempt }: Pick<ClaimedWork, 'attempt'>,
): definition is BatchedKind {
  return definition.applyAll !== undefined && attempt === 1 && definition.policy.maximumAttempts > 1;
}

/**
 * Runs one attempt of several items of a kind: their effects and completions are one transaction, which requires the leases of all.
 * @throws what the handler threw, the reason of the signal, or {@link LeaseLostError}. Nothing is committed in that case.
 */
export async function attemptAll(
  { db, queue }: { db: Db; queue: Pick<WorkQueue, 'completeAll'> },
  kind: BatchedKind,
  items: readonly ClaimedWork[],
  context: BatchContext,
): Promise<void> {
  const batch = items.map(({ lease, payload }) => ({
    payload: kind.payload.parse(payload),
    workItemId: lease.id,
  }));
  await inOwnTransaction(db, async (trx) => {
    const results = await untilAborted(
      markTransaction(() => kind.applyAll(trx, batch, context)),
      context.signal,
    );
    if (results.length !== items.length)
      throw new Error(`applyAll of ${kind.kind} must return ${items.length} results, not ${results.length}`);
    const completed = await queue.completeAll(
      items.map(({ lease }, index) => ({ lease, result: resultJson(results[index]) })),
      trx,
    );
    const lost = items.find(({ lease }) => !completed.has(lease.id));
    if (lost) throw new LeaseLostError(lost.lease.id);
    await trx.commit().execute();
  });
}
