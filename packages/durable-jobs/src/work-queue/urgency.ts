import { z } from 'zod';
import { optionFaults } from '../values/check-options.ts';
import {
  derivedFairness,
  fairnessSchema,
  prioritySchema,
  storedUrgency,
  type Fairness,
  type Urgency,
} from '../values/priority.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import { WorkFairnessError } from './errors.ts';

/** Priority and fairness as a caller gives them; what it leaves out, the kind says. */
export interface GivenWorkUrgency {
  priority?: number | undefined;
  fairness?: Fairness | undefined;
}

const givenSchema = z.strictObject({
  priority: prioritySchema.optional(),
  fairness: fairnessSchema.optional(),
});

/**
 * Returns priority and fairness of an item.
 * @throws {TypeError} that names what the caller gave and is not valid, or {@link WorkFairnessError} if the kind's function throws, or returns an
 * invalid fairness.
 */
export function urgencyOfWork<Payload extends object>(
  definition: Pick<WorkItemDefinition<Payload>, 'kind' | 'priority' | 'fairness'>,
  payload: NoInfer<Payload>,
  given: GivenWorkUrgency,
): Urgency {
  const parsed = givenSchema.safeParse(given);
  if (!parsed.success)
    throw new TypeError(
      `The options of the work item ${definition.kind} are not valid: ${optionFaults(parsed.error)}.`,
    );
  const { priority = definition.priority, fairness = fairnessOf(definition, payload) } = parsed.data;
  return storedUrgency(priority, fairness);
}

function fairnessOf<Payload extends object>(
  definition: Pick<WorkItemDefinition<Payload>, 'kind' | 'fairness'>,
  payload: Payload,
): Fairness | undefined {
  return derivedFairness(
    () => definition.fairness?.(payload),
    (fault, cause) => new WorkFairnessError(definition.kind, fault, { cause }),
  );
}
