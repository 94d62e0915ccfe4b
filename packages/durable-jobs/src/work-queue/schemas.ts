import { z } from 'zod';
import { instant, LONGEST_DELAY_MS } from '../http/instant.ts';
import { fairnessSchema, prioritySchema, type Fairness } from '../values/priority.ts';
import { line } from '../values/text.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import { WorkFairnessError } from './errors.ts';
import { urgencyOfWork } from './urgency.ts';
import type { WorkKindRegistry } from './work-kinds.ts';

/** Body of `POST /api/work-items`; without `notBefore`, the item is due immediately. */
export interface CreateWorkItemBody {
  kind: string;
  payload: object;
  dedupeKey?: string | undefined;
  notBefore?: Date | undefined;
  priority?: number | undefined;
  fairness?: Fairness | undefined;
}

function bodyOf(definition: WorkItemDefinition) {
  const { kind, description, payload } = definition;
  return z
    .strictObject({
      kind: z.literal(kind),
      payload,
      dedupeKey: line(200).optional(),
      priority: prioritySchema.optional(),
      fairness: fairnessSchema.optional(),
      notBefore: instant
        .refine((at) => at.getTime() <= Date.now() + LONGEST_DELAY_MS, 'must be in the next 366 days')
        .optional(),
    })
    .superRefine(({ payload: parsed, priority, fairness }, context) => {
      try {
        urgencyOfWork(definition, parsed, { priority, fairness });
      } catch (error) {
        if (!(error instanceof WorkFairnessError)) throw error;
        context.addIssue({
          code: 'custom',
          path: ['payload'],
          message: `The item's fairness: ${error.fault}`,
        });
      }
    })
    .meta({ id: `EnqueueWork_${kind}`, title: kind, description });
}
type BodyOfKind = ReturnType<typeof bodyOf>;

/** For an application without kinds of work items. */
const noKind = z.never({ error: 'no kind of work item is defined' });

/** The schema of {@link CreateWorkItemBody}, with an alternative for each kind. */
export function createWorkItemBody({ all, kinds }: WorkKindRegistry): z.ZodType<CreateWorkItemBody> {
  if (all.length === 0) return noKind;
  return z.discriminatedUnion('kind', all.map(bodyOf) as [BodyOfKind, ...BodyOfKind[]], {
    error: `must be ${kinds.join(' or ')}`,
  });
}

/** Body of `POST /api/work-items/requeue`. */
export function requeueWorkItemsBody({ kinds }: WorkKindRegistry) {
  return z.strictObject({ kind: kinds.length === 0 ? noKind : z.enum(kinds) });
}
