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

/** Makes a page of `limit` rows at most out of one row more than that. */
export function pageOf<T extends Cursor>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { at: last.at, id: last.id } : undefined };
}
