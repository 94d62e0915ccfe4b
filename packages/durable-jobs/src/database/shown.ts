import { sql, type RawBuilder } from 'kysely';

/** The most bytes of a JSON value that a list shows of one row; the row itself is shown with {@link SHOWN_BYTES}. */
export const LISTED_BYTES = 16 * 1024;
/** The most bytes of a JSON value that is shown at all. */
export const SHOWN_BYTES = 1024 * 1024;
/** The most characters of a text that a list shows where nothing has bounded it before. */
const LISTED_CHARACTERS = 1_000;

/** Whether a JSON column is short enough. Its size on disk comes first: that is known without reading and unpacking the value. */
function fits(column: string, bytes: number): RawBuilder<boolean> {
  const value = sql.ref(column);
  return sql`CASE WHEN pg_column_size(${value}) > ${bytes} THEN false ELSE octet_length(${value}::text) <= ${bytes} END`;
}

/** A JSON column, or null if it is longer than that: then it never leaves the database. */
export function jsonUpTo<T>(column: string, bytes: number): RawBuilder<T | null> {
  return sql`CASE WHEN ${fits(column, bytes)} THEN ${sql.ref(column)} END`;
}

/** The names of those JSON columns that {@link jsonUpTo} gives as null because they are longer. */
export function omittedOf(columns: readonly string[], bytes: number): RawBuilder<string[]> {
  const names = columns.map((column) => sql`CASE WHEN NOT ${fits(column, bytes)} THEN ${column}::text END`);
  return sql`array_remove(ARRAY[${sql.join(names)}], NULL)`;
}

/** The beginning of a text column, as lists show it. */
export function listedText<T extends string | null>(column: string): RawBuilder<T> {
  return sql`left(${sql.ref(column)}, ${LISTED_CHARACTERS})`;
}
