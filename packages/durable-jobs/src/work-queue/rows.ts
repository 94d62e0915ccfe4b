import { sql, type Selectable } from 'kysely';
import type { Db } from '../database/connect.ts';
import type { LibraryDatabase } from '../database/schema.ts';
import type { WorkItemStatus } from './tables.ts';
import { jsonUpTo, LISTED_BYTES, listedText, omittedOf, SHOWN_BYTES } from '../database/shown.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';

/** A row of `work_items`. */
export type WorkItem = Selectable<LibraryDatabase['workItems']>;

/** An item as it is shown: other programs insert items of any size. */
export interface ShownWorkItem extends Omit<WorkItem, 'payload' | 'result'> {
  payload: object | null;
  result: object | null;
  /** Names of the fields that are null because they are too long; empty if the item was not read to be shown. */
  omitted?: readonly string[];
}

const columns = [
  'id',
  'status',
  'attempts',
  'notBefore',
  'leaseToken',
  'leaseExpiresAt',
  'dueAt',
  'lastErrorCode',
  'lastErrorMessage',
  'lastErrorAt',
  'createdAt',
  'startedAt',
  'endedAt',
  'priority',
  'fairnessKey',
  'fairnessWeight',
] as const;

/** Selects items with their payload and result, if those are no longer than `bytes`. */
const selectItems = (db: Db, bytes: number) =>
  db
    .selectFrom('workItems')
    .select(columns)
    .select([
      listedText<string>('kind').as('kind'),
      listedText<string | null>('dedupeKey').as('dedupeKey'),
      jsonUpTo<object>('payload', bytes).as('payload'),
      jsonUpTo<object>('result', bytes).as('result'),
      omittedOf(['payload', 'result'], bytes).as('omitted'),
    ]);

/** Returns an item by id, or undefined. */
export async function findWorkItem(db: Db, id: string): Promise<ShownWorkItem | undefined> {
  return selectItems(db, SHOWN_BYTES).where('id', '=', id).executeTakeFirst();
}

/** Returns the item of a kind and dedupe key, or undefined. */
export async function findWorkItemByKey(
  db: Db,
  kind: string,
  dedupeKey: string,
): Promise<ShownWorkItem | undefined> {
  return selectItems(db, SHOWN_BYTES)
    .where('kind', '=', kind)
    .where('dedupeKey', '=', dedupeKey)
    .executeTakeFirst();
}

/** Returns a page of items, newest first. */
export async function listWorkItems(
  db: Db,
  { status, kind }: { status?: WorkItemStatus | undefined; kind?: string | undefined },
  page: PageRequest,
): Promise<Page<ShownWorkItem>> {
  let query = selectItems(db, LISTED_BYTES);
  // As in the partial indexes of one status.
  if (status !== undefined) query = query.where(sql<boolean>`status = ${sql.lit(status)}`);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  return readPage(query, { at: 'workItems.createdAt', id: 'workItems.id' }, page);
}

/**
 * Makes dead items due again, starting from their first attempt; their last error stays visible. Returns the ids of those that were dead.
 */
export async function requeueWorkItems(db: Db, ids: readonly string[]): Promise<{ id: string }[]> {
  return db
    .updateTable('workItems')
    .set({ status: 'pending', attempts: 0, notBefore: sql<Date>`now()`, endedAt: null })
    .where('id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .where('status', '=', 'dead')
    .returning('id')
    .execute();
}

/** Deletes an item that has not begun, waits for another attempt, or is dead. Returns false for any other item. */
export async function discardWorkItem(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('workItems')
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'dead'])
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The backlog of a kind. */
export interface WorkBacklog {
  kind: string;
  pending: number;
  running: number;
  dead: number;
  /** Of the pending and running items, those that can be claimed now: their time has come, or their lease has ended. */
  due: number;
  /** How long the first of them has been due; null if none is. */
  oldestDueAgeMs: number | null;
}

/** Items of one kind and status are counted up to this number, as in the metrics. */
const COUNTED = 100_000;
/** Other programs may write any kind, even a separate one for each item. */
const MOST_KINDS = 100;

const isOpen = `status IN ('pending', 'running')`;
const isDead = `status = 'dead'`;

/**
 * Returns a subquery of the kinds of items with a condition: one step in an index for each kind, however many items it has. The condition
 * needs a partial index that begins with the kind.
 */
function kindsWhere(condition: string): string {
  return `(
    WITH RECURSIVE kinds AS (
      (SELECT kind FROM work_items WHERE ${condition} ORDER BY kind LIMIT 1)
      UNION ALL
      SELECT (SELECT kind FROM work_items WHERE ${condition} AND kind > kinds.kind ORDER BY kind LIMIT 1)
      FROM kinds WHERE kinds.kind IS NOT NULL)
    SELECT kind FROM kinds WHERE kind IS NOT NULL LIMIT ${MOST_KINDS})`;
}

/**
 * Returns a query of the times since when items of unknown kinds are due: they wait for another release, or indefinitely. Names of known
 * kinds contain no character that would have to be quoted, which the registry ensures.
 */
export const unhandledWork = (known: readonly string[]): string => `
  SELECT item.due_at FROM ${kindsWhere(isOpen)} AS kinds CROSS JOIN LATERAL (
    SELECT due_at FROM work_items
    WHERE ${isOpen} AND kind = kinds.kind AND due_at <= now()
    ORDER BY due_at LIMIT ${COUNTED}) AS item
  WHERE kinds.kind <> ALL ('{${known.map((kind) => `"${kind}"`).join(',')}}'::text[])`;

/**
 * Returns the backlogs by kind: the first kinds by name, counted up to 100,000. Completed items are not counted, because there may be
 * millions.
 */
export async function summariseWork(db: Db): Promise<WorkBacklog[]> {
  const { rows } = await sql<WorkBacklog>`
    SELECT kinds.kind, pending, running, dead, due, "oldestDueAgeMs"
    FROM (
      SELECT kind FROM ${sql.raw(kindsWhere(isOpen))} AS open
      UNION SELECT kind FROM ${sql.raw(kindsWhere(isDead))} AS dead
    ) AS kinds
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
        count(*) FILTER (WHERE status = 'running') AS running,
        count(*) FILTER (WHERE due_at <= now()) AS due,
        round(extract(epoch FROM now() - min(due_at) FILTER (WHERE due_at <= now())) * 1000)::float8
          AS "oldestDueAgeMs"
      FROM (
        SELECT status, due_at FROM work_items WHERE ${sql.raw(isOpen)} AND kind = kinds.kind
        ORDER BY due_at LIMIT ${sql.lit(COUNTED)}) AS counted
    ) AS open
    CROSS JOIN LATERAL (
      SELECT count(*) AS dead FROM (
        SELECT FROM work_items WHERE ${sql.raw(isDead)} AND kind = kinds.kind LIMIT ${sql.lit(COUNTED)}) AS counted
    ) AS dead
    ORDER BY kinds.kind`.execute(db);
  return rows;
}
