import { sql, type RawBuilder } from 'kysely';

/**
 * Returns a condition in words that only its own partial index has, so that PostgreSQL cannot find its rows with another one.
 *
 * A queue is often counted (`ANALYZE`) while nothing waits, and counted again only after many changes. Until then PostgreSQL expects no row in
 * any of its partial indexes, and takes the smallest of those whose condition follows from the query's: it may then read and sort everything
 * that waits, for each row that is claimed. It derives nothing from a `CASE`, except that it is equal to itself.
 * @param condition without parameters, and exactly as in the index.
 */
export function ofOwnIndex(condition: RawBuilder<boolean>): RawBuilder<boolean> {
  return sql<boolean>`CASE WHEN ${condition} THEN 1 END = 1`;
}

/** Returns a condition in words that no index has: the rows are found by the others, such as their ids. See {@link ofOwnIndex}. */
export function ofNoIndex(condition: RawBuilder<boolean>): RawBuilder<boolean> {
  return sql<boolean>`CASE WHEN ${condition} THEN 2 END = 2`;
}
