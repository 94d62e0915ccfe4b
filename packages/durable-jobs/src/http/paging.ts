import { z } from 'zod';
import { parseJson } from '../values/parse-json.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_CURSOR_LENGTH = 500;
const NOT_A_CURSOR = 'must be the nextCursor of an earlier response';

/** The query of a list: the number of items, and where to continue. A cursor is opaque to clients, and does not expire. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_LIMIT))
    .default(DEFAULT_LIMIT)
    .meta({
      override: {
        type: 'integer',
        pattern: undefined,
        minimum: 1,
        maximum: MAX_LIMIT,
        default: DEFAULT_LIMIT,
      },
    }),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .transform((text, context): string => {
      const position = Buffer.from(text, 'base64url').toString('utf8');
      // Decoding ignores what is not Base64.
      if (toCursor(position) === text) return position;
      context.addIssue({ code: 'custom', message: NOT_A_CURSOR });
      return z.NEVER;
    })
    .optional(),
});

/** A page of a list. `nextCursor` is null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * Returns a page of rows, of which one more than `limit` was read to detect whether there is a next page. `placeOf` returns the position after
 * which the next page begins.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { present, placeOf }: { present: (row: Row) => Item; placeOf: (row: Row) => string },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => present(row)),
    nextCursor: last === undefined ? null : toCursor(placeOf(last)),
  };
}

/** Creates a cursor from the position after which the next page begins. */
export function toCursor(position: string): string {
  return Buffer.from(position, 'utf8').toString('base64url');
}

/** Reads a cursor whose position is JSON of this schema. Anything else is refused as a whole. */
export function readCursor<T>(schema: z.ZodType<T>, maxLength = MAX_CURSOR_LENGTH) {
  return z
    .string()
    .max(maxLength)
    .transform((text, context): T => {
      const parsed = schema.safeParse(positionOf(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: NOT_A_CURSOR });
      return z.NEVER;
    });
}

function positionOf(cursor: string): unknown {
  try {
    return parseJson(Buffer.from(cursor, 'base64url'));
  } catch {
    return undefined;
  }
}
