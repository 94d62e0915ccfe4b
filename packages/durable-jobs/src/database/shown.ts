import { sql, type RawBuilder } from 'kysely';

/** Maximum size of a JSON value in a list; a single row is shown with up to {@link SHOWN_BYTES}. */
export const LISTED_BYTES = 16 * 1024;
/** Maximum size of a JSON value in any response. */
export const SHOWN_BYTES = 1024 * 1024;
/** Maximum number of characters of an otherwise unbounded text in a list. */
const LISTED_CHARACTERS = 1_000;

/**
 * Whether a JSON column is short enough. Its size on disk is checked first, because that does not require reading and decompressing the
 * value.
 */
function fits(column: string, bytes: number): RawBuilder<boolean> {
  const value = sql.ref(column);
  return sql`CASE WHEN pg_column_size(${value}) > ${bytes} THEN false ELSE octet_length(${value}::text) <= ${bytes} END`;
}

/** Selects a JSON column, or null if it is longer than that: then it never leaves the database. */
export function jsonUpTo<T>(column: string, bytes: number): RawBuilder<T | null> {
  return sql`CASE WHEN ${fits(column, bytes)} THEN ${sql.ref(column)} END`;
}

/** Selects the names of the JSON columns for which {@link jsonUpTo} returns null because they are too long. */
export function omittedOf(columns: readonly string[], bytes: number): RawBuilder<string[]> {
  const names = columns.map((column) => sql`CASE WHEN NOT ${fits(column, bytes)} THEN ${column}::text END`);
  return sql`array_remove(ARRAY[${sql.join(names)}], NULL)`;
}

/** Selects the beginning of a text column for lists. */
export function listedText<T extends string | null>(column: string): RawBuilder<T> {
  return sql`left(${sql.ref(column)}, ${LISTED_CHARACTERS})`;
}
