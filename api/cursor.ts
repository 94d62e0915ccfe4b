import { z } from 'zod';
import type { Cursor, Page as Rows } from '../platform/repositories/pages.ts';
import { pageQuery, toCursor, type Page } from './paging.ts';

const content = z.tuple([
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d){0,2}$/),
  z.uuid(),
]);

/** A row's place in a list by time. A cursor comes from a client, so it is checked like any other input. */
const place = z.string().transform((text, context): Cursor => {
  const parsed = content.safeParse(parseJson(text));
  if (parsed.success) return { at: parsed.data[0], id: parsed.data[1] };
  context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier answer' });
  return z.NEVER;
});

/** The query of a list by time, newest first. */
export const timePageQuery = pageQuery.extend({
  cursor: pageQuery.shape.cursor.unwrap().pipe(place).optional(),
});

/** A page of rows by time as JSON. */
export function presentPage<T, P>(page: Rows<T>, present: (item: T) => P): Page<P> {
  return {
    items: page.items.map(present),
    nextCursor: page.next === undefined ? null : toCursor(JSON.stringify([page.next.at, page.next.id])),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
