import type { Db, Trx } from '../../platform/database/connect.ts';
import type { PaymentProvider } from '../../platform/payments/provider.ts';
import type { ItemError } from '../../platform/repositories/bulk-jobs.ts';

/** What bulk tasks work with. */
export interface BulkDeps {
  db: Db;
  payments: PaymentProvider;
}

/** An item with its place in the job. */
export interface TaskItem<Item> {
  position: number;
  item: Item;
}

/** How a bulk task is done; contracts/bulk.ts has its name and its item's schema. */
export interface BulkTaskRunner<Item> {
  /** Items of one transaction: as many as are worth one commit, and few enough for a cancellation to be quick. */
  chunkSize: number;
  /** Batches that run side by side. */
  window: number;
  /**
   * Does the items in the caller's transaction, and returns those that were not done. Where it throws, its transaction is
   * undone and each item gets one of its own, so that one item's error is no other's.
   */
  apply: (trx: Trx, items: readonly TaskItem<Item>[], deps: BulkDeps) => Promise<ItemError[]>;
}
