import type { RawBuilder } from 'kysely';
import type { Db } from '../database/connect.ts';

/** Rows per statement. */
const PAGE = 10_000;

/**
 * Yields the items of a query's rows, a page at a time. `page` selects up to `limit` rows that follow a row in the query's own order.
 * Select times as text: a JavaScript date loses their microseconds.
 */
export async function* findInPages<Row extends { item: object }>(
  db: Db,
  page: (after: Row | undefined, limit: number) => RawBuilder<Row>,
): AsyncGenerator<object> {
  let after: Row | undefined;
  do {
    const { rows } = await page(after, PAGE).execute(db);
    for (const { item } of rows) yield item;
    after = rows.length < PAGE ? undefined : rows.at(-1);
  } while (after);
}
