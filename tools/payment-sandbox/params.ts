import { z } from 'zod';

import { invalidParam } from './errors.ts';

/** An integer in a form or query, where every value is text. */
export function integer({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .refine((text) => /^-?\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `This must be a whole number from ${min} to ${max}.`,
      params: { code: 'parameter_invalid_integer' },
    })
    .transform(Number);
}

/** A boolean in a form or query. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Up to 50 keys of up to 40 characters, values of up to 500; an empty value is no value (docs.stripe.com/api/metadata). */
export const metadata = z
  .union([z.literal('').transform(() => ({})), z.record(z.string().max(40), z.string().max(500))])
  .refine((pairs) => Object.keys(pairs).length <= 50, { error: 'There may be at most 50 keys.' })
  .transform((pairs) => Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== '')));

/** Parses parameters, or throws Stripe's error about the first one that is wrong. */
export function parseParams<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (!issue) throw parsed.error;
  if (issue.code === 'unrecognized_keys') {
    const name = toBrackets([...issue.path, ...issue.keys.slice(0, 1)]);
    throw invalidParam(
      name,
      `Unknown parameter, or one that the sandbox does not support: ${name}.`,
      'parameter_unknown',
    );
  }
  const name = toBrackets(issue.path);
  if (valueAt(input, issue.path) === undefined) {
    throw invalidParam(name, `Missing required param: ${name}.`, 'parameter_missing');
  }
  const code: unknown = issue.code === 'custom' ? issue.params?.code : undefined;
  throw invalidParam(name, `${name}: ${issue.message}`, typeof code === 'string' ? code : undefined);
}

/** Stripe's way to write a path: `metadata[orderId]`. */
function toBrackets(path: PropertyKey[]): string {
  const [first = '', ...rest] = path.map(String);
  return first + rest.map((part) => `[${part}]`).join('');
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, part)?.value;
  }, input);
}
