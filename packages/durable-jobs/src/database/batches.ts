import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Limit of items that one statement writes. */
const MOST = 500;

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
 * itself, so that only the caller of that value sees the error.
 */
export function createBatches<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  { lingerMs = 0 }: { lingerMs?: number } = {},
): (item: Item) => Promise<Result> {
  const gathered: Gathered<Item, Result>[] = [];
  let isWriting = false;

  const writeBatch = async (batch: readonly Gathered<Item, Result>[]): Promise<void> => {
    try {
      const results = await write(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (batch.length > 1 && isRefusedValue(error)) {
        await Promise.all(batch.map((one) => writeBatch([one])));
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  };

  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (gathered.length > 0) {
      if (lingerMs > 0) await delay(lingerMs);
      await writeBatch(gathered.splice(0, MOST));
    }
    isWriting = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      gathered.push({ item, resolve, reject });
      if (!isWriting) void outsideOfCallers(writeAll);
    });
}

/** Whether an error is about a value rather than the database's state: SQLSTATE classes 22, data exceptions, and 23, violated constraints. */
function isRefusedValue(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
}
