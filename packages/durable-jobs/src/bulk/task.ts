import type { Client } from '@temporalio/client';
import type { Db, Trx } from '../database/connect.ts';
import type { PaymentProvider } from '../../../../domain/payments/provider.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { ItemError } from './rows.ts';

/** What bulk tasks work with. */
export interface BulkDeps {
  db: Db;
  payments: PaymentProvider;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
}

/** An item with its place in the job. */
export interface TaskItem<Item> {
  position: number;
  item: Item;
}

/** How a bulk task is done; contracts/bulk.ts has its name and its item's schema. */
export type BulkTaskRunner<Item> = BulkTaskPace & (TransactionalTask<Item> | OutsideTask<Item>);

/** How much of a bulk task is done at a time. */
interface BulkTaskPace {
  /** Items of one transaction: as many as are worth one commit, and few enough for a cancellation to be quick. */
  chunkSize: number;
  /** Batches that run side by side. */
  window: number;
}

/** A task whose effects are in our database alone. */
export interface TransactionalTask<Item> {
  /**
   * Does the items in the caller's transaction, and returns those that were not done. Where it throws, its transaction is
   * undone and each item gets one of its own, so that one item's error is no other's.
   */
  apply: (trx: Trx, items: readonly TaskItem<Item>[]) => Promise<ItemError[]>;
}

/** A task that calls another service, which no transaction may wait for. */
export interface OutsideTask<Item> {
  /**
   * Does one item, outside of any transaction, and returns why it was not done, if so. It is repeated where its process died
   * before the item's status was committed: then it must find done what it has done.
   */
  perform: (item: Item, deps: BulkDeps) => Promise<Omit<ItemError, 'position'> | undefined>;
}
