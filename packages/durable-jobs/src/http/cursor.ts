import { z } from 'zod';
import type { Cursor, Page as Rows } from '../database/pages.ts';
import { isRealTime } from './instant.ts';
import { pageQuery, readCursor, toCursor, type Page } from './paging.ts';

/** A time as PostgreSQL formats it, such as `2026-03-01 10:00:00.123456+00`. */
export const writtenTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d){0,2}$/)
  .refine((text) => isRealTime(text.slice(0, 19).replace(' ', 'T')));

/** The query of a list by time, newest first, whose rows have such ids. A cursor comes from a client, so it is checked like any other input. */
export function timePageQueryOf(id: z.ZodType<string>) {
  const place = readCursor(z.tuple([writtenTime, id])).transform(([at, id]): Cursor => ({ at, id }));
  return pageQuery.extend({ cursor: place.optional() });
}

/** The query of a list by time, newest first. */
export const timePageQuery = timePageQueryOf(z.uuid());

/** Returns a page of rows by time as JSON. */
export function presentPage<T, P>(page: Rows<T>, present: (item: T) => P): Page<P> {
  return {
    items: page.items.map(present),
    nextCursor: page.next === undefined ? null : toCursor(JSON.stringify([page.next.at, page.next.id])),
  };
}
