import { z } from 'zod';
import { catalogue } from '../../../../contracts/catalogue.ts';
import type { JobType } from '../../../../contracts/signatures.ts';
import { schedulableTypes } from '../schedules/definition.ts';

/**
 * One alternative for each job type that people may start, with the type's own input: the catalogue is all that has to know
 * of a new one. `extend` gives an alternative's other fields, under the name by which it refers to the type.
 */
export function byJobType<T extends z.ZodObject>(
  name: string,
  discriminator: string,
  alternative: (type: JobType, input: z.ZodType) => T,
) {
  const alternatives = schedulableTypes.map((type) => {
    const job = catalogue[type];
    const input: z.ZodType = job.input;
    // A job that needs nothing may be started without saying so.
    const mayBeLeftOut = input.safeParse({}).success;
    return alternative(type, mayBeLeftOut ? input.optional() : input).meta({
      id: `${name}_${type}`,
      // Some generators name their types after it: it must be like no other.
      title: `${name}_${type}`,
      description: job.description,
    });
  });
  const [first, ...others] = alternatives;
  if (!first) throw new Error('no job type may be started over REST');
  return z.discriminatedUnion(discriminator, [first, ...others]);
}
