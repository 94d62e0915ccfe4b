import { z } from 'zod';

/** A time in a response, in ISO 8601 and UTC. */
export const time = z.iso.datetime();

/** Names of the fields of a response that are null because of their length. */
export const omitted = z.array(z.string()).meta({
  description:
    'Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere.',
});

/** A failure: a code for programs and a sentence for people. */
export const errorJson = z
  .strictObject({ code: z.string(), message: z.string() })
  .meta({ id: 'Failure', description: 'The error: a code for programs and a sentence for people.' });

/** Returns the schema of a page of a list. */
export function pageJson<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Pass it as `cursor` to get the next page; null on the last page.' }),
  });
}
