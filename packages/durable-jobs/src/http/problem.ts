import { z } from 'zod';
import { problemKind, type AnyProblem, type ProblemKind } from './problem-kinds.ts';

const fieldError = z.strictObject({
  path: z.string().meta({
    description: 'The invalid field: a JSON path such as `items[0].quantity`, a query parameter or a header.',
  }),
  message: z.string(),
});

/** One thing that is wrong with a request. */
export type FieldError = z.output<typeof fieldError>;

const code = { description: 'A stable code for programs.' };

/** Every answer that is an error. */
export const problemJson = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().meta({ description: 'The requested path.' }),
  code: z.string().meta(code),
  requestId: z.string().meta({ description: 'Identifies the request in the logs.' }),
  errors: z
    .array(fieldError)
    .optional()
    .meta({ description: 'Every invalid field, if the request is not valid.' }),
});

/** As {@link problemJson}, for a document that names every code. */
export function problemSchema(kinds: readonly ProblemKind[]): z.ZodType {
  const codes = z.enum(kinds.map((kind) => kind.code)).meta(code);
  return problemJson
    .extend({ code: codes })
    .meta({ id: 'Problem', description: 'An error as defined by RFC 9457.' });
}

/** What a handler throws to answer with problem+json. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly kind: ProblemKind;
  readonly detail: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: AnyProblem,
    detail: string,
    options: { errors?: readonly FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.kind = problemKind(problem);
    this.detail = detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return this.kind.status;
  }

  /** The body, as RFC 9457 lays it down, with `code` for programs and `requestId` for the logs. */
  toJSON(instance: string, requestId: string): z.output<typeof problemJson> {
    const { code, status, title } = this.kind;
    return {
      type: `urn:problem:${code}`,
      title,
      status,
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
  return new Problem('notFound', `The ${what} does not exist.`);
}

/** Of a job that is committed, if only a run of it could be acted on. */
export function jobNotStarted(
  detail = 'The job has been accepted but has not started yet: try again after it has started.',
): Problem {
  return new Problem('engineUnavailable', detail, { headers: { 'Retry-After': '5' } });
}
