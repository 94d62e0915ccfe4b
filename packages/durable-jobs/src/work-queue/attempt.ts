import type { Db, OwnTrx, Trx } from '../database/connect.ts';
import { withPrepared } from '../database/prepared.ts';
import { checkDatabase } from '../database/check-database.ts';
import { isDatabaseOutage } from '../database/unavailable.ts';
import { markTransaction } from '../database/in-transaction.ts';
import { errorMessage } from '../process/errors.ts';
import { WorkError } from './errors.ts';
import type { ClaimedWork, Completion, WorkQueue } from './work-queue.ts';
import type { WorkContext, WorkItemDefinition, WorkResult } from './define-work-item.ts';
import type { WorkKindRegistry } from './work-kinds.ts';

/** The database was lost, or a table changed, in the middle of an attempt, so the attempt is undone. The item is not at fault. */
export class DatabaseLostError extends Error {
  override readonly name = 'DatabaseLostError';
}

/** Dependencies of attempts. */
export interface AttemptDeps {
  db: Db;
  queue: Pick<WorkQueue, 'commit'>;
  kinds: WorkKindRegistry;
  /**
   * Completes an item that was done outside of any transaction.
   * @throws {LeaseLostError} if the item is no longer the caller's.
   */
  complete: (completion: Completion) => Promise<void>;
}

/**
 * Runs one attempt of an item. The completion checks the lease's token, so it fails if another worker has claimed the item; that worker
 * then finds the item completed, or repeats it. What a handler writes in its transaction is committed together with the completion.
 * @throws what the handler threw, or the reason of the signal. The transaction is rolled back in that case.
 */
export async function attempt(
  { db, queue, kinds, complete }: AttemptDeps,
  item: ClaimedWork,
  context: WorkContext,
): Promise<void> {
  const definition = kinds.get(item.kind);
  if (item.attempt > definition.policy.maximumAttempts) {
    throw new WorkError('worker_lost', 'Workers ended during its attempts too often.', { permanent: true });
  }
  const work = bind(definition, item.payload);
  if ('inside' in work) {
    await attemptInside({ db, queue }, item, (trx) =>
      untilAborted(work.inside(trx, context), context.signal),
    );
    return;
  }
  try {
    const result = await untilAborted(work.outside({ ...context, db }), context.signal);
    await complete({ lease: item.lease, result: resultJson(result) });
  } catch (error) {
    if (await isLost(db, error)) lost(error);
    throw error;
  }
}

/**
 * Whether an attempt failed because the database is away. A handler may use other clients of it than ours, whose errors are like those of any
 * server: then the database is asked.
 */
function isLost(db: Db, error: unknown): Promise<boolean> {
  return isDatabaseOutage(error, () => checkDatabase(db));
}

/** Runs the work and its completion in one transaction. */
async function attemptInside(
  { db, queue }: Pick<AttemptDeps, 'db' | 'queue'>,
  item: ClaimedWork,
  work: (trx: Trx) => Promise<WorkResult | undefined>,
): Promise<void> {
  await inOwnTransaction(db, async (trx) => {
    const result = await markTransaction(() => work(trx));
    await queue.commit(trx, { lease: item.lease, result: resultJson(result) });
  });
}

/** Runs work that commits its transaction. If it throws, the transaction is rolled back. */
export async function inOwnTransaction(db: Db, work: (trx: OwnTrx) => Promise<void>): Promise<void> {
  // A transaction that is ended explicitly refuses later queries: those of a handler that does not notice that it was
  // abandoned.
  const trx = await withPrepared(() => db.startTransaction().execute()).catch(lost);
  try {
    await work(trx);
  } catch (error) {
    await trx
      .rollback()
      .execute()
      .catch(() => lost(error));
    if (await isLost(db, error)) lost(error);
    throw error;
  }
}

/**
 * Returns a result as it is stored: null for none, which a handler without types may also write as null.
 * @throws {TypeError} if it has no form in JSON, such as a bigint.
 */
export function resultJson(result: WorkResult | null | undefined): string | null {
  return result == null ? null : JSON.stringify(result);
}

export function lost(error: unknown): never {
  throw new DatabaseLostError(errorMessage(error), { cause: error });
}

/** An item's work with its payload. */
type BoundWork =
  | { inside: (trx: Trx, context: WorkContext) => Promise<WorkResult | undefined> }
  | { outside: (context: WorkContext & { db: Db }) => Promise<WorkResult | undefined> };

/** Returns the work of an item with its payload, which SQL or an earlier release may have written. */
function bind(definition: WorkItemDefinition, payload: unknown): BoundWork {
  const parsed = definition.payload.safeParse(payload);
  if (!parsed.success) throw new WorkError('invalid_payload', parsed.error.message, { permanent: true });
  const { data } = parsed;
  const apply = definition.apply?.bind(definition);
  const perform = definition.perform?.bind(definition);
  if (apply) return { inside: (trx, context) => apply(trx, data, context) };
  if (perform) return { outside: (context) => perform(data, context) };
  throw new Error(`the work item kind ${definition.kind} has no code to run`);
}

export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('the attempt was aborted'));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
