import { z } from 'zod';
import type { Cursor, Page } from '../platform/repositories/pages.ts';

const cursorContent = z.tuple([
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d){0,2}$/),
  z.uuid(),
]);

/** A cursor as clients hand it back: opaque to them, and checked like any other input. */
const cursor = z.string().transform((text, context): Cursor => {
  const parsed = cursorContent.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) return { at: parsed.data[0], id: parsed.data[1] };
  context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier answer' });
  return z.NEVER;
});

/** The query parameters that every list by time has. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: cursor.optional(),
};

/** A page as JSON. `nextCursor` is null on the last one. */
export function presentPage<T, P>(page: Page<T>, present: (item: T) => P) {
  return {
    items: page.items.map(present),
    nextCursor:
      page.next === undefined
        ? null
        : Buffer.from(JSON.stringify([page.next.at, page.next.id])).toString('base64url'),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
