import type { Job } from './types.ts';

/** An invalid field of a request. */
export interface FieldError {
  /** A JSON path such as `input.invoiceId`, a query parameter or a header. */
  path: string;
  message: string;
}

/** An error response of the API. */
export class DurableJobsError extends Error {
  override readonly name = 'DurableJobsError';
  /** The HTTP status. */
  readonly status: number;
  /** Stable code, such as `job_closed`; `unexpected_answer` if the response does not come from the API. */
  readonly code: string;
  /** All invalid fields, if the request was not valid. */
  readonly fields: readonly FieldError[];
  /** Identifies the request in the service's logs. */
  readonly requestId: string | undefined;
  /** Delay before a retry that the API requests, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: {
    status: number;
    code: string;
    message: string;
    fields?: readonly FieldError[] | undefined;
    requestId?: string | undefined;
    retryAfterMs?: number | undefined;
  }) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.fields = problem.fields ?? [];
    this.requestId = problem.requestId;
    this.retryAfterMs = problem.retryAfterMs;
  }
}

/** Thrown if a caller waits for the result of a job that ended without one. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  readonly job: Job;
  /** The failure's code, such as `CardDeclined`; otherwise the job's status, `cancelled` or `terminated`. */
  readonly code: string;

  constructor(job: Job) {
    super(job.failure?.message ?? `The job ${job.id} was ${job.status}.`);
    this.job = job;
    this.code = job.failure?.code ?? job.status;
  }
}

/** Returns the error for a response. */
export function errorOf(response: Response, body: unknown): DurableJobsError {
  const { status } = response;
  const retryAfterMs = retryAfterOf(response);
  if (!isProblem(body)) {
    const message = `The API returned ${status} ${response.statusText}`.trim();
    return new DurableJobsError({ status, code: 'unexpected_answer', message, retryAfterMs });
  }
  const { code, detail, errors: fields, requestId } = body;
  const wrong = (fields ?? []).map(({ path, message }) => `${path}: ${message}`).join('; ');
  const message = wrong === '' ? detail : `${detail} ${wrong}`;
  return new DurableJobsError({ status, code, message, fields, requestId, retryAfterMs });
}

/** Parses `Retry-After`, seconds or a date, into milliseconds; undefined if there is none. */
export function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

interface Problem {
  code: string;
  detail: string;
  requestId?: string;
  errors?: FieldError[];
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
