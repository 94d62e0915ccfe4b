import { z } from 'zod';
import { jsonFaults } from '../values/json-faults.ts';
import type { JobDefinition } from './job-definition.ts';

/**
 * Parses the input of a start, which happens once: what the schema returns is stored, determines the key, and reaches the job. Therefore
 * it must be JSON.
 */
export function safeAcceptInput<Input extends object>(
  { input }: Pick<JobDefinition<string, Input>, 'input'>,
  given: unknown,
): { success: true; data: Input } | { success: false; error: z.ZodError } {
  const parsed = input.safeParse(given);
  if (!parsed.success) return parsed;
  const faults = jsonFaults(parsed.data);
  if (faults.length === 0) return parsed;
  const issues = faults.map(({ path, message }) => ({
    code: 'custom' as const,
    path,
    message: `${message}: let the schema return a value of JSON`,
  }));
  return { success: false, error: new z.ZodError(issues) };
}

/**
 * As {@link safeAcceptInput}.
 * @throws {ZodError} if the job's schema refuses the input, or returns what is not JSON.
 */
export function acceptInput<Input extends object>(
  job: Pick<JobDefinition<string, Input>, 'input'>,
  given: unknown,
): Input {
  const accepted = safeAcceptInput(job, given);
  if (!accepted.success) throw accepted.error;
  return accepted.data;
}

/**
 * Returns an input that a release accepted before, as the job takes it now, including defaults of fields that were added since; undefined if
 * the job's schema refuses it. If the schema transforms values, what it returned is not what it accepts, so the input is returned as it is.
 */
export function storedInput<Input extends object>(
  job: Pick<JobDefinition<string, Input>, 'input'>,
  stored: unknown,
): Input | undefined {
  if (transforms(job.input)) return stored as Input;
  const accepted = safeAcceptInput(job, stored);
  return accepted.success ? accepted.data : undefined;
}

/** Whether a part of a schema transforms values. */
function transforms(schema: z.ZodType): boolean {
  let found = false;
  z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override({ zodSchema }) {
      if (zodSchema._zod.def.type === 'pipe') found = true;
    },
  });
  return found;
}
