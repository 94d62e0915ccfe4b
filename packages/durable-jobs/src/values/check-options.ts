import { z } from 'zod';

/** A schema for each option, by name; its type keeps the list complete. */
type OptionSchemas<Options extends object> = Record<keyof Options, z.ZodType>;

const must = (what: string) => ({ error: `must be ${what}` });

/** Schemas of options that several functions have. */
export const optionOf = {
  name: z.string(must('a text')).min(1, must('a text that is not empty')),
  text: z.string(must('a text')),
  flag: z.boolean(must('true or false')),
  function: z.custom<() => unknown>((value) => typeof value === 'function', must('a function')),
  /** A schema that validates what callers give. */
  schema: z.custom<z.ZodType>(
    (value) => typeof (value as { safeParse?: unknown } | null)?.safeParse === 'function',
    must('a Zod schema'),
  ),
  object: z.custom<object>((value) => typeof value === 'object' && value !== null, must('an object')),
  list: z.array(z.unknown(), must('a list')),
  count: z.int(must('a whole number, 1 or more')).min(1, must('a whole number, 1 or more')),
  /** Milliseconds of a wait, which may be none. */
  waitMs: z.number(must('a number of milliseconds')).min(0, must('a number of milliseconds')),
};

/**
 * Checks the options that a caller of the library gave, so that a misspelt or forgotten one is reported where it is written.
 * @param what names the function, and what it was called for.
 * @throws {TypeError} that names `what` and each option that is unknown, missing or not valid.
 */
export function checkOptions<Options extends object>(
  what: string,
  given: Options,
  schemas: OptionSchemas<Options>,
): void {
  const parsed = z.strictObject(schemas, must('an object')).safeParse(given);
  if (!parsed.success) throw new TypeError(`${what}: ${optionFaults(parsed.error)}.`);
}

/**
 * Returns the name of a declaration for {@link checkOptions}, such as `defineJob remindCustomer`, whatever the declaration is.
 * @param key the option that names it.
 */
export function nameOfDeclaration(definer: string, declared: unknown, key: string): string {
  const name: unknown = typeof declared === 'object' && declared !== null && Reflect.get(declared, key);
  return typeof name === 'string' ? `${definer} ${name}` : definer;
}

/** Returns everything that is wrong with options, in one sentence. */
export function optionFaults({ issues }: z.ZodError): string {
  return issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${[...issue.path, key].join('.')} is not an option`)
        : [issue.path.length === 0 ? issue.message : `${issue.path.join('.')} ${issue.message}`],
    )
    .join('; ');
}
