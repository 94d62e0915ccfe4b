import { sql, type ReferenceExpression, type SelectQueryBuilder } from 'kysely';

/** Where a page of a list, newest first, goes on: below this row. */
export interface Cursor {
  /** As PostgreSQL writes it: a JavaScript date would lose its microseconds, and with them rows. */
  at: string;
  id: string;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Undefined where this is the last page. */
  next: Cursor | undefined;
}

/** Which page of a list: so many rows, below that one. */
export interface PageRequest {
  limit: number;
  after: Cursor | undefined;
}

/** The columns that a list is sorted by, as Kysely names them: a time, and the id that tells rows of one instant apart. */
export interface PageColumns<DB, TB extends keyof DB> {
  at: ReferenceExpression<DB, TB> & string;
  id: ReferenceExpression<DB, TB> & string;
}

/** Reads a page of a query's rows, newest first, by keyset: a page costs the same however far down it is, given an index. */
export async function readPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  columns: PageColumns<DB, TB>,
  { limit, after }: PageRequest,
): Promise<Page<Row>> {
  const at = sql.ref(columns.at);
  const id = sql.ref(columns.id);
  const below = after
    ? query.where(sql<boolean>`(${at}, ${id}) < (${after.at}::timestamptz, ${after.id}::uuid)`)
    : query;
  const rows = (await below
    .select([sql<string>`${at}::text`.as('pageAt'), sql<string>`${id}::text`.as('pageId')])
    .orderBy(at, 'desc')
    .orderBy(id, 'desc')
    // One more than asked for: whether there is a next page.
    .limit(limit + 1)
    .execute()) as (Row & { pageAt: string; pageId: string })[];
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { at: last.pageAt, id: last.pageId } : undefined };
}
