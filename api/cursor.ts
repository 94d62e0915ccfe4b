import { z } from 'zod';
import { Problem } from './problem.ts';

/** A place in a list, as a text that clients pass back and do not look into. */
export function toCursor(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The place that a cursor stands for. @throws {Problem} where it is none of ours. */
export function fromCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  const parsed = z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .safeParse(cursor);
  if (parsed.success) return parsed.data;
  throw new Problem('validationFailed', 'One field is not valid.', {
    errors: [{ path: 'cursor', message: 'must be a `nextCursor` of this list' }],
  });
}
