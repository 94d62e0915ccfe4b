import { z } from 'zod';
import { isRealTime } from '../../http/instant.ts';

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/)
  .refine((text) => isRealTime(text.slice(0, 19)));

const runPlace = z.strictObject({ at: instant, shown: z.array(z.string().max(64)) });

/** The same for a whole walk: the last moved start that belongs to the part `moved`. */
const ofWalk = { movedUpTo: z.int().optional() };

/** The position from which a walk over a list continues. It is returned by a client, so it is validated like any other input. */
export const listPlace = z.discriminatedUnion('in', [
  z.strictObject({
    in: z.literal('committed'),
    asOf: instant,
    place: z.strictObject({ entryId: z.int(), oldest: z.int() }).optional(),
    ...ofWalk,
  }),
  z.strictObject({ in: z.literal('moved'), asOf: instant, place: z.int().optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('failing'), asOf: instant, place: z.int().optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('open'), asOf: instant, place: runPlace.optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('closed'), asOf: instant, place: runPlace.optional(), ...ofWalk }),
]);

/** See {@link listPlace}. */
export type ListPlace = z.infer<typeof listPlace>;

/** The position in one part of the list. */
export type PlaceIn<Name extends ListPlace['in']> = Extract<ListPlace, { in: Name }>;
