import { workKinds, type WorkKind, type WorkPayload } from '../../contracts/work-items.ts';
import type { Db, Trx } from '../../platform/database/connect.ts';
import { isDatabaseAway } from '../../platform/database/unavailable.ts';
import { markTransaction } from '../../platform/database/in-transaction.ts';
import { errorMessage } from '../../platform/errors.ts';
import { WorkError } from '../../platform/work-queue/errors.ts';
import type { ClaimedWork, WorkQueue } from '../../platform/work-queue/work-queue.ts';
import type { WorkContext, WorkResult } from './handler.ts';
import type { WorkHandlers } from './handlers.ts';

/** The database was lost in the middle of an attempt, so it is undone. That says nothing about the item. */
export class DatabaseLostError extends Error {
  override readonly name = 'DatabaseLostError';
}

/**
 * Makes one attempt at an item: its effects in the database and its completion are one commit. The lease's token, which
 * the completion checks, decides whose attempt that is; a repeat by somebody else finds the item completed.
 * @throws what the handler threw, or the reason for which the signal was aborted. All is undone then.
 */
export async function attempt(
  { db, queue, handlers }: { db: Db; queue: WorkQueue; handlers: WorkHandlers },
  item: ClaimedWork,
  context: WorkContext,
): Promise<void> {
  if (item.attempt > workKinds[item.kind].policy.maximumAttempts) {
    throw new WorkError('worker_lost', 'Workers ended in the middle of it too often.', { permanent: true });
  }
  const work = bind(handlers, item.kind, item.payload);
  // One that is ended by hand refuses later queries: those of a handler that does not notice that it was given up.
  const trx = await db.startTransaction().execute().catch(lost);
  try {
    const result = await untilAborted(
      markTransaction(() => work(trx, context)),
      context.signal,
    );
    await queue.complete(trx, item.lease, result);
    await trx.commit().execute();
  } catch (error) {
    await trx
      .rollback()
      .execute()
      .catch(() => lost(error));
    if (isDatabaseAway(error)) lost(error);
    throw error;
  }
}

function lost(error: unknown): never {
  throw new DatabaseLostError(errorMessage(error), { cause: error });
}

/** The work of an item's kind with its payload, which may have been written by SQL or an earlier release. */
function bind<K extends WorkKind>(
  handlers: Pick<WorkHandlers, K>,
  kind: K,
  payload: unknown,
): (trx: Trx, context: WorkContext) => Promise<WorkResult | undefined> {
  const parsed = workKinds[kind].payload.safeParse(payload);
  if (!parsed.success) throw new WorkError('invalid_payload', parsed.error.message, { permanent: true });
  const data = parsed.data as WorkPayload<K>;
  return (trx, context) => handlers[kind](trx, data, context);
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('the attempt was aborted'));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
