import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionBuilder } from 'kysely';

const transactions = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Runs `work`, and marks everything it does until it ends as part of a database transaction. */
export async function markTransaction<T>(work: () => Promise<T>): Promise<T> {
  // Work that began inside and continues after the end is no longer inside.
  const transaction = { isOpen: true };
  try {
    return await transactions.run(transaction, work);
  } finally {
    transaction.isOpen = false;
  }
}

/**
 * Refuses a call that waits for another service while a transaction holds a connection and locks. Enough such calls at once use every
 * connection of the pool and block each other.
 * @throws if the caller is inside a database transaction, which is a bug.
 */
export function refuseInTransaction(what: string): void {
  if (transactions.getStore()?.isOpen) throw new Error(`${what} inside a database transaction`);
}

/** Returns a transaction builder whose transactions are marked, as are those of builders derived from it. */
export function marking<DB>(builder: TransactionBuilder<DB>): TransactionBuilder<DB> {
  return new Proxy(builder, {
    get(target, name) {
      if (name === 'execute') {
        const execute: TransactionBuilder<DB>['execute'] = (work) =>
          target.execute((trx) => markTransaction(() => work(trx)));
        return execute;
      }
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof TransactionBuilder ? marking(result) : result;
      };
    },
  });
}
