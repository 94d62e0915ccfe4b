import type { Job } from './types.ts';

/** One field of a request that is not valid. */
export interface FieldError {
  /** A JSON path such as `input.invoiceId`, a query parameter or a header. */
  path: string;
  message: string;
}

/** An answer of the API that is an error. */
export class DurableJobsError extends Error {
  override readonly name = 'DurableJobsError';
  /** The HTTP status. */
  readonly status: number;
  /** What a program may rely on, such as `job_closed`; `unexpected_answer` where the answer does not come from the API. */
  readonly code: string;
  /** Every field that is not valid, where the request is not. */
  readonly fields: readonly FieldError[];
  /** Leads to the request in the logs of the service. */
  readonly requestId: string | undefined;
  /** How long the API asks its caller to wait, in milliseconds. */
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

/** Thrown to a caller who waits for the result of a job that ended without one. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  readonly job: Job;
  /** The failure's code, such as `CardDeclined`; the job's status where it did not fail: `cancelled` or `terminated`. */
  readonly code: string;

  constructor(job: Job) {
    super(job.failure?.message ?? `The job ${job.id} was ${job.status}.`);
    this.job = job;
    this.code = job.failure?.code ?? job.status;
  }
}

/** The error of an answer. */
export function errorOf(response: Response, body: unknown): DurableJobsError {
  const { status } = response;
  const retryAfterMs = retryAfterOf(response);
  if (!isProblem(body)) {
    const message = `The API answered ${status} ${response.statusText}`.trim();
    return new DurableJobsError({ status, code: 'unexpected_answer', message, retryAfterMs });
  }
  const { code, detail, errors: fields, requestId } = body;
  const wrong = (fields ?? []).map(({ path, message }) => `${path}: ${message}`).join('; ');
  const message = wrong === '' ? detail : `${detail} ${wrong}`;
  return new DurableJobsError({ status, code, message, fields, requestId, retryAfterMs });
}

/** The milliseconds of a `Retry-After` in seconds or as a date; undefined where there is none. */
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
