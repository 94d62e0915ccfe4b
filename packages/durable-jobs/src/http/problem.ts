import { z } from 'zod';
import { problemCodes, wireCode, type ProblemCode } from '../../../../contracts/errors.ts';

const fieldError = z.strictObject({
  path: z
    .string()
    .meta({ description: 'Where: a JSON path such as `items[0].quantity`, a query parameter or a header.' }),
  message: z.string(),
});

/** One thing that is wrong with a request. */
export type FieldError = z.output<typeof fieldError>;

/** Every answer that is an error. */
export const problemJson = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The path that was asked for.' }),
    code: z
      .enum(Object.keys(problemCodes).map((code) => wireCode(code as ProblemCode)))
      .meta({ description: 'What a program may rely on.' }),
    requestId: z.string().meta({ description: 'Leads to the request in the logs.' }),
    errors: z
      .array(fieldError)
      .optional()
      .meta({ description: 'Every field that is not valid, where the request is not.' }),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 lays it down.' });

/** What a handler throws to answer with problem+json; see {@link problemCodes} for the codes. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { errors?: readonly FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return problemCodes[this.code].status;
  }

  /** The body, as RFC 9457 lays it down, with `code` for programs and `requestId` for the logs. */
  toJSON(instance: string, requestId: string): z.output<typeof problemJson> {
    const code = wireCode(this.code);
    return {
      type: `urn:problem:${code}`,
      title: problemCodes[this.code].title,
      status: this.status,
      detail: this.detail,
      instance,
      code,
      requestId,
      ...(this.errors && { errors: [...this.errors] }),
    };
  }
}

/** A resource that does not exist, or never did. */
export function notFound(what: string): Problem {
  return new Problem('notFound', `There is no ${what}.`);
}

/** Of a job that is committed, where only a run of it could be acted on. */
export function jobNotStarted(
  detail = 'The job is accepted but not started yet: try again when it is.',
): Problem {
  return new Problem('engineUnavailable', detail, { headers: { 'Retry-After': '5' } });
}
