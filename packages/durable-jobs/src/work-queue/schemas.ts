import { z } from 'zod';
import { workKindNames, workKinds } from '../../../../contracts/work-items.ts';
import { instant, LONGEST_DELAY_MS } from '../http/instant.ts';
import { line } from '../values/text.ts';

const ofEachKind = workKindNames.map((kind) =>
  z
    .strictObject({
      kind: z.literal(kind),
      payload: workKinds[kind].payload,
      dedupeKey: line(200).optional(),
      notBefore: instant
        .refine((at) => at.getTime() <= Date.now() + LONGEST_DELAY_MS, 'must be in the next 366 days')
        .optional(),
    })
    .meta({ id: `EnqueueWork_${kind}`, title: kind, description: workKinds[kind].description }),
);
type OfEachKind = (typeof ofEachKind)[number];

/** Body of `POST /api/work-items`; without `notBefore` the item is due at once. */
export const createWorkItemBody = z.discriminatedUnion('kind', ofEachKind as [OfEachKind, ...OfEachKind[]], {
  error: `must be ${workKindNames.join(' or ')}`,
});

/** Body of `POST /api/work-items/requeue`. */
export const requeueWorkItemsBody = z.strictObject({ kind: z.enum(workKindNames) });
