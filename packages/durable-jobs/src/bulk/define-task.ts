import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import type { Db, Trx } from '../database/connect.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import type { ItemError } from './rows.ts';

/** What the library hands to bulk tasks. What else a task needs, it closes over. */
export interface BulkDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
}

/** An item with its place in the job. */
export interface TaskItem<Item> {
  position: number;
  item: Item;
}

/**
 * One bulk task, and how its items are done: by `apply` or by `perform`. A process that only accepts items, such as the API,
 * needs neither; workers refuse to start without one of them. The functions are methods, so that tasks of every item fit in one
 * list: only an item that the task's own schema has checked is passed to them.
 */
export interface BulkTaskDefinition<Item extends object = object> {
  /** Kept in each job's row, such as `import-products`. Renaming a released one is a breaking change. */
  name: string;
  /** One sentence for people. */
  description: string;
  /** Applied when an item is accepted, and again before the work, to what it made at first. */
  item: z.ZodType<Item>;
  /** Items of one transaction: as many as are worth one commit, and few enough for a cancellation to be quick. */
  chunkSize: number;
  /** Batches that run side by side. */
  window: number;
  /**
   * Does items in our database alone, in the caller's transaction, and returns those that were not done. Where it throws, its
   * transaction is undone and each item gets one of its own, so that one item's error is no other's.
   */
  apply?(trx: Trx, items: readonly TaskItem<Item>[]): Promise<ItemError[]>;
  /**
   * Does one item by calling another service, which no transaction may wait for, and returns why it was not done, if so. It is
   * repeated where its process died before the item's status was committed: then it must find done what it has done.
   */
  perform?(item: Item, deps: BulkDeps): Promise<Omit<ItemError, 'position'> | undefined>;
}

/** A commit for each hundred items, and four of them at a time. */
const DEFAULT_BATCHES = { chunkSize: 100, window: 4 };

/** Defines a bulk task: its items and what it does with them. Without sizes, it works on four batches of 100 items at a time. */
export function defineBulkTask<Item extends object>(
  task: Omit<BulkTaskDefinition<Item>, 'chunkSize' | 'window'> &
    Partial<Pick<BulkTaskDefinition<Item>, 'chunkSize' | 'window'>>,
): BulkTaskDefinition<Item> {
  return { ...DEFAULT_BATCHES, ...task };
}

/** A named query over our own rows, which become the items of a bulk job. Processes that run it need its function. */
export interface BulkQueryDefinition {
  /** Such as `open-orders`. Renaming a released one is a breaking change. */
  name: string;
  /** One sentence for people. */
  description: string;
  /** The name of the task whose items it finds. */
  task: string;
  /**
   * Finds the items, some at a time. A row that changes meanwhile is found or not; one that no longer matches when its turn comes
   * is for the task to leave alone.
   */
  find?(db: Db): AsyncIterable<object>;
}

/** Checks the shape of a query. */
export function defineBulkQuery(query: BulkQueryDefinition): BulkQueryDefinition {
  return query;
}
