import { problemCodes, type ProblemCode } from '../contracts/errors.ts';

/** One thing that is wrong with a request. */
export interface FieldError {
  /** Where: a JSON path such as `items[0].quantity`, a query parameter or a header. */
  path: string;
  message: string;
}

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

  /** The code as it is written on the wire. */
  get wireCode(): string {
    return this.code.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }

  /** The body, as RFC 9457 lays it down, with `code` for programs and `requestId` for the logs. */
  toJSON(instance: string, requestId: string): Record<string, unknown> {
    const code = this.wireCode;
    return {
      type: `urn:problem:${code}`,
      title: problemCodes[this.code].title,
      status: this.status,
      detail: this.detail,
      instance,
      code,
      requestId,
      ...(this.errors && { errors: this.errors }),
    };
  }
}

/** A resource that does not exist, or never did. */
export function notFound(what: string): Problem {
  return new Problem('notFound', `There is no ${what}.`);
}
