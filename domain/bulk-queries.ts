import { sql, type RawBuilder } from 'kysely';
import type { BulkQuery } from '../contracts/bulk.ts';
import type { Db } from '../packages/durable-jobs/src/database/connect.ts';

/** What a query may be narrowed down by. */
export interface BulkQueryFilter {
  /** `dead-work-items`: those of one kind alone. */
  kind?: string | undefined;
}

/** A row's place in the order of a query. Times are texts, because a JavaScript date would lose their microseconds. */
interface Place {
  at: string;
  id: string;
}

type FoundRow = Place & { item: object };

/** Rows that one statement reads. */
const PAGE = 10_000;

const queries: Record<
  BulkQuery,
  (filter: BulkQueryFilter, after: Place | undefined) => RawBuilder<FoundRow>
> = {
  // By id, which is what the index of open orders is by.
  'open-orders': (_filter, after) => sql`
    SELECT jsonb_build_object('orderId', id) AS item, '' AS at, id FROM orders
    WHERE status IN ('pending', 'awaiting_payment_method') ${after ? sql`AND id > ${after.id}::uuid` : sql``}
    ORDER BY id LIMIT ${PAGE}`,
  'dead-work-items': ({ kind }, after) => sql`
    SELECT jsonb_build_object('workItemId', id) AS item, created_at::text AS at, id FROM work_items
    WHERE status = 'dead' ${kind === undefined ? sql`` : sql`AND kind = ${kind}`}
      ${after ? sql`AND (created_at, id) > (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
    ORDER BY created_at, id LIMIT ${PAGE}`,
};

/**
 * The items that a query finds, a page of rows at a time. A row that changes meanwhile is found or not; one that no longer
 * matches when its turn comes is for the task to leave alone.
 */
export async function* findBulkItems(
  db: Db,
  query: BulkQuery,
  filter: BulkQueryFilter,
): AsyncGenerator<object> {
  let after: Place | undefined;
  do {
    const { rows } = await queries[query](filter, after).execute(db);
    for (const { item } of rows) yield item;
    after = rows.length < PAGE ? undefined : rows.at(-1);
  } while (after);
}
