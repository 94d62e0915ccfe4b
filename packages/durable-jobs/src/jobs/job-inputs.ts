import { z } from 'zod';
import { safeAcceptInput } from './accept-input.ts';
import type { JobDefinition } from './job-definition.ts';
import type { JobRegistry } from './registry.ts';

/**
 * Returns a union with one alternative per job type that people may start, each with the type's own input, derived from the registry.
 * `extend` returns an alternative's other fields, given the name of the field that contains the type.
 */
export function byJobType<T extends z.ZodObject>(
  jobs: JobRegistry,
  name: string,
  discriminator: string,
  alternative: (type: string, input: z.ZodType) => T,
) {
  const alternatives = jobs.schedulable.map((type) => {
    const { input, description } = jobs.get(type);
    // The input may be omitted if no field is required.
    const mayBeLeftOut = input.safeParse({}).success;
    return alternative(type, mayBeLeftOut ? input.optional() : input).meta({
      id: `${name}_${type}`,
      // Some generators name their types after it, so it must be unique.
      title: `${name}_${type}`,
      description,
    });
  });
  const [first, ...others] = alternatives;
  if (!first) throw new Error('no job type can be started over REST');
  return z.discriminatedUnion(discriminator, [first, ...others]);
}

/** Parses a job's input, once. If it is not valid, errors are added to the context below `input`, and undefined is returned. */
export function checkedInput(
  job: JobDefinition,
  input: Record<string, unknown>,
  context: z.core.$RefinementCtx,
): object | undefined {
  const parsed = safeAcceptInput(job, input);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = ['input', ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        context.addIssue({ code: 'custom', path: [...path, key], message: 'unknown field' });
      }
    } else {
      context.addIssue({ ...issue, code: 'custom', path });
    }
  }
  return undefined;
}
