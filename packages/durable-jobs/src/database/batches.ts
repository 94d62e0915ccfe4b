import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { whileDatabaseAnswers } from './unavailable.ts';

/** Limit of items that one statement writes. */
const MOST = 500;

/** After this time, the callers behind a statement no longer wait for it: a lock may block it, or its connection may be dead. */
const PROMPT_MS = 1_000;

/** Limit of statements at the same time. Each holds a connection, and all but one have exceeded {@link PROMPT_MS}. */
const MOST_WRITERS = 4;

/** Statements share the work of many callers, so none of one caller's bounds and log fields apply to them. */
const outsideOfCallers = AsyncLocalStorage.snapshot();

interface Gathered<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Returns a function that writes one item, and shares a statement with the other callers at the same time: while one batch is being written,
 * the next one gathers. A single caller waits for nothing but its own statement, or for `lingerMs` before it if that is given.
 *
 * `write` resolves with one result per item, in their order. If the database refuses a value of a batch, each of its items is written by
 * itself, so that only the caller of that value sees the error. While a statement lasts longer than a second, others begin beside it. One to
 * which the database does not respond at all is abandoned with its connection, and its callers see an error, although it may still commit.
 */
export function createBatches<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  { lingerMs = 0 }: { lingerMs?: number } = {},
): (item: Item) => Promise<Result> {
  const gathered: Gathered<Item, Result>[] = [];
  let writers = 0;
  /** Statements that have exceeded their time. */
  const slow = new Set<object>();

  const writeBatch = async (batch: readonly Gathered<Item, Result>[]): Promise<void> => {
    try {
      const results = await whileDatabaseAnswers(() => write(batch.map(({ item }) => item)), 'all');
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (batch.length > 1 && isRefusedValue(error)) {
        await Promise.all(batch.map((one) => writeBatch([one])));
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  };

  const writeNext = async (): Promise<void> => {
    const batch = gathered.splice(0, MOST);
    const timer = setTimeout(() => {
      slow.add(batch);
      beginWriter();
    }, PROMPT_MS);
    await writeBatch(batch);
    clearTimeout(timer);
    slow.delete(batch);
  };

  const writeAll = async (): Promise<void> => {
    writers++;
    do {
      if (lingerMs > 0) await delay(lingerMs);
      if (gathered.length > 0) await writeNext();
      // One that was slow leaves the rest to the one that has begun meanwhile.
    } while (gathered.length > 0 && writers - slow.size === 1);
    writers--;
  };

  const beginWriter = (): void => {
    if (gathered.length > 0 && writers === slow.size && writers < MOST_WRITERS)
      void outsideOfCallers(writeAll);
  };

  return (item) =>
    new Promise((resolve, reject) => {
      gathered.push({ item, resolve, reject });
      beginWriter();
    });
}

/** Whether an error is about a value rather than the database's state: SQLSTATE classes 22, data exceptions, and 23, violated constraints. */
export function isRefusedValue(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
}
