import { z } from 'zod';
import { problemKind, type AnyProblem, type ProblemKind } from './problem-kinds.ts';

const fieldError = z.strictObject({
  path: z.string().meta({
    description: 'The invalid field: a JSON path such as `items[0].quantity`, a query parameter or a header.',
  }),
  message: z.string(),
});

/** One fault of a request. */
export type FieldError = z.output<typeof fieldError>;

const code = { description: 'A stable code for programs.' };

/** Every error response. */
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

/** Returns the schema of {@link problemJson} for a document that lists every code. */
export function problemSchema(kinds: readonly ProblemKind[]): z.ZodType {
  const codes = z.enum(kinds.map((kind) => kind.code)).meta(code);
  return problemJson
    .extend({ code: codes })
    .meta({ id: 'Problem', description: 'An error as defined by RFC 9457.' });
}

/** An error that a handler throws to respond with problem+json. */
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

  /** Returns the body as defined by RFC 9457, with `code` for programs and `requestId` for the logs. */
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

/** Returns the problem of a resource that does not exist, or never existed. */
export function notFound(what: string): Problem {
  return new Problem('notFound', `The ${what} does not exist.`);
}

/** Returns the problem of a job that is committed but not started, if an action requires a run. */
export function jobNotStarted(
  detail = 'The job has been accepted but has not started yet: try again after it has started.',
): Problem {
  return new Problem('engineUnavailable', detail, { headers: { 'Retry-After': '5' } });
}
