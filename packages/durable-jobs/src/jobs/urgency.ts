import { derivedFairness, storedUrgency, type Fairness, type Urgency } from '../values/priority.ts';
import { DerivationError } from './derivation-error.ts';
import type { JobDefinition } from './job-definition.ts';

/** Priority and fairness as a start gives them; what it leaves out, the job's definition says. */
export interface GivenUrgency {
  priority?: number | null | undefined;
  fairness?: Fairness | null | undefined;
}

/** Thrown if a job's definition derives an invalid fairness from the input. Nothing was written. */
export class JobFairnessError extends DerivationError {
  override readonly name = 'JobFairnessError';

  constructor(jobType: string, fault: string, options?: ErrorOptions) {
    super('fairness', jobType, fault, options);
  }
}

/**
 * Returns priority and fairness of a start.
 * @throws {JobFairnessError} if the definition's function throws, or returns an invalid fairness.
 */
export function urgencyOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  { priority, fairness }: GivenUrgency,
): Urgency {
  return storedUrgency(priority ?? job.priority, fairness ?? fairnessOf(job, input));
}

function fairnessOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): Fairness | undefined {
  return derivedFairness(
    () => job.fairness?.(input),
    (fault, cause) => new JobFairnessError(job.type, fault, { cause }),
  );
}

/** Returns fairness as a caller gives it, from a row. */
export function givenFairness({ fairnessKey: key, fairnessWeight: weight }: Urgency): Fairness | null {
  return key === null ? null : { key, ...(weight !== null && { weight }) };
}
