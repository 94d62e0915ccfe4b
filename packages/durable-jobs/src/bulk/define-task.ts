import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import type { Db, Trx } from '../database/connect.ts';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { checkOptions, nameOfDeclaration, optionOf } from '../values/check-options.ts';
import type { ItemError } from './rows.ts';

/** Dependencies that the library passes to bulk tasks. A task closes over any others. */
export interface BulkDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
}

/** An item with its position in the job. */
export interface TaskItem<Item> {
  position: number;
  item: Item;
}

/**
 * A bulk task, and the function that processes its items: `apply` or `perform`. A process that only accepts items, such as the API, needs
 * neither; workers refuse to start without one of them. The functions are declared as methods so that tasks of different items fit in one
 * list: a task only receives items that its own schema has validated.
 */
export interface BulkTaskDefinition<Item extends object = object> {
  /** Stored in each job's row, such as `send-reminders`. Renaming a released task is a breaking change. */
  name: string;
  /** One sentence that describes it to operators. */
  description: string;
  /** Validates an item when it is accepted. The item is stored as it was given, and parsed when it is processed. */
  item: z.ZodType<Item>;
  /** Items per transaction: enough to be worth a commit, and few enough for a quick cancellation. */
  chunkSize: number;
  /** Number of batches that run concurrently. */
  window: number;
  /**
   * Processes items that only change our own database, in the caller's transaction, and returns those that failed. If it throws, the
   * transaction is rolled back and each item is retried in a separate transaction, so that one item's error affects no other item.
   */
  apply?(trx: Trx, items: readonly TaskItem<Item>[]): Promise<ItemError[]>;
  /**
   * Processes one item by calling another service, outside of any transaction, and returns an error if it failed. It is repeated if the
   * process died before the item's status was committed, and must then detect what was already done.
   */
  perform?(item: Item, deps: BulkDeps): Promise<Omit<ItemError, 'position'> | undefined>;
}

/** One commit per hundred items. */
const DEFAULT_CHUNK_SIZE = 100;

/** Batches at a time. */
const DEFAULT_WINDOW = 4;

/**
 * Defines a bulk task: its items and how they are processed. By default, four batches run concurrently, and 100 items share a transaction.
 * @throws {TypeError} that names each option that is unknown, missing or not valid.
 */
export function defineBulkTask<Item extends object>(
  task: Omit<BulkTaskDefinition<Item>, 'chunkSize' | 'window'> &
    Partial<Pick<BulkTaskDefinition<Item>, 'chunkSize' | 'window'>>,
): BulkTaskDefinition<Item> {
  checkOptions(nameOfDeclaration('defineBulkTask', task, 'name'), task, {
    name: optionOf.name,
    description: optionOf.text,
    item: optionOf.schema,
    chunkSize: optionOf.count.optional(),
    window: optionOf.count.optional(),
    apply: optionOf.function.optional(),
    perform: optionOf.function.optional(),
  });
  return {
    ...task,
    chunkSize: task.chunkSize ?? DEFAULT_CHUNK_SIZE,
    window: task.window ?? DEFAULT_WINDOW,
  };
}

/** A named query over our own rows, which become the items of a bulk job. A worker that runs it needs its function. */
export interface BulkQueryDefinition {
  /** Name, such as `unpaid-invoices`. Renaming a released query is a breaking change. */
  name: string;
  /** One sentence that describes it to operators. */
  description: string;
  /** The name of the task whose items it finds. */
  task: string;
  /**
   * Finds the items in pages. Rows that change meanwhile may or may not be found; the task must skip rows that no longer match when it
   * processes them.
   */
  find?(db: Db): AsyncIterable<object>;
}

/**
 * Defines a query that finds the items of a bulk task.
 * @throws {TypeError} that names each option that is unknown, missing or not valid.
 */
export function defineBulkQuery(query: BulkQueryDefinition): BulkQueryDefinition {
  checkOptions(nameOfDeclaration('defineBulkQuery', query, 'name'), query, {
    name: optionOf.name,
    description: optionOf.text,
    task: optionOf.name,
    find: optionOf.function.optional(),
  });
  return query;
}
