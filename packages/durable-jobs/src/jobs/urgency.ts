import { errorMessage } from '../process/errors.ts';
import { fairnessSchema, storedUrgency, type Fairness, type Urgency } from '../values/priority.ts';
import { optionFaults } from '../values/check-options.ts';
import type { JobDefinition } from './job-definition.ts';

/** Priority and fairness as a start gives them; what it leaves out, the job's definition says. */
export interface GivenUrgency {
  priority?: number | null | undefined;
  fairness?: Fairness | null | undefined;
}

/** Thrown if a job's definition derives an invalid fairness from the input. Nothing was written. */
export class JobFairnessError extends TypeError {
  override readonly name = 'JobFairnessError';
  /** What is wrong, such as `key must not be empty`. */
  readonly fault: string;

  constructor(jobType: string, fault: string, options?: ErrorOptions) {
    super(`The fairness of the job ${jobType} is not valid: ${fault}.`, options);
    this.fault = fault;
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
  return storedUrgency(priority ?? job.priority, fairness ?? derivedFairness(job, input));
}

function derivedFairness<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): Fairness | undefined {
  let derived: unknown;
  try {
    derived = job.fairness?.(input);
  } catch (cause) {
    throw new JobFairnessError(job.type, `it cannot be derived from the input: ${errorMessage(cause)}`, {
      cause,
    });
  }
  const parsed = fairnessSchema.optional().safeParse(derived);
  if (!parsed.success) throw new JobFairnessError(job.type, optionFaults(parsed.error));
  return parsed.data;
}

/** Returns fairness as a caller gives it, from a row. */
export function givenFairness({ fairnessKey: key, fairnessWeight: weight }: Urgency): Fairness | null {
  return key === null ? null : { key, ...(weight !== null && { weight }) };
}
