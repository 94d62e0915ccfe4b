import { sql, type ReferenceExpression, type SelectQueryBuilder } from 'kysely';

/** The position after which a page of a list, newest first, begins. */
export interface Cursor {
  /** In PostgreSQL's format: a JavaScript date would lose its microseconds, and rows with them. */
  at: string;
  id: string;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Undefined on the last page. */
  next: Cursor | undefined;
}

/** The requested page: its size, and the row after which it begins. */
export interface PageRequest {
  limit: number;
  after: Cursor | undefined;
}

/** The columns that a list is sorted by, in Kysely's names: a time, and the id that distinguishes rows with the same time. */
export interface PageColumns<DB, TB extends keyof DB> {
  at: ReferenceExpression<DB, TB> & string;
  id: ReferenceExpression<DB, TB> & string;
}

/** Reads a page of a query's rows, newest first, by keyset: with an index, every page costs the same. */
export async function readPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  columns: PageColumns<DB, TB>,
  { limit, after }: PageRequest,
): Promise<Page<Row>> {
  const at = sql.ref(columns.at);
  const id = sql.ref(columns.id);
  const below = after
    ? query.where(sql<boolean>`(${at}, ${id}) < (${after.at}::timestamptz, ${after.id})`)
    : query;
  const rows = (await below
    .select([sql<string>`${at}::text`.as('pageAt'), sql<string>`${id}::text`.as('pageId')])
    .orderBy(at, 'desc')
    .orderBy(id, 'desc')
    // One more than requested, to detect whether there is a next page.
    .limit(limit + 1)
    .execute()) as (Row & { pageAt: string; pageId: string })[];
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { at: last.pageAt, id: last.pageId } : undefined };
}
