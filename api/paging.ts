import { z } from 'zod';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The query of a list: how many, and after which one. A cursor means nothing to its reader, and does not expire. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z
    .string()
    .max(500)
    .transform((text) => Buffer.from(text, 'base64url').toString('utf8'))
    .optional(),
});

/** A page of a list. `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Makes a cursor of what the next page begins after. */
export function toCursor(position: string): string {
  return Buffer.from(position, 'utf8').toString('base64url');
}
