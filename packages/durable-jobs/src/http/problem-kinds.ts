/** A kind of error that clients can tell apart. A released code is never renamed. */
export interface ProblemKind {
  /** `code` of the problem+json, in snake_case. */
  readonly code: string;
  readonly status: number;
  /** A few words for people, the same for every problem of this kind. */
  readonly title: string;
}

/** Declares problems by camelCase names. A code is its name in snake_case: `notFound` → `not_found`. */
export function defineProblems<const T extends Record<string, { status: number; title: string }>>(
  problems: T,
): Readonly<Record<keyof T & string, ProblemKind>> {
  const kinds = Object.entries(problems).map(([name, { status, title }]) => [
    name,
    { code: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), status, title },
  ]);
  return Object.fromEntries(kinds) as Record<keyof T & string, ProblemKind>;
}

/** The library's own problems, in the order in which the API document lists them. */
export const libraryProblems = defineProblems({
  validationFailed: { status: 400, title: 'The request is not valid' },
  invalidJson: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'An API key is required' },
  forbidden: { status: 403, title: 'The key does not allow this request' },
  crossOriginRequest: { status: 403, title: 'The request comes from another site' },
  notFound: { status: 404, title: 'The resource does not exist' },
  methodNotAllowed: { status: 405, title: 'The resource does not support this method' },
  notAcceptable: { status: 406, title: 'None of the accepted media types is available' },
  uploadStalled: { status: 408, title: 'The request body stalled' },
  scheduleTaken: { status: 409, title: 'A schedule with this id already exists' },
  scheduleDeclared: { status: 409, title: 'The schedule is declared in code' },
  scheduleNotTriggered: { status: 409, title: 'The schedule did not start a run' },
  emailNotDead: { status: 409, title: 'Only a dead email can be requeued' },
  emailOfJob: { status: 409, title: 'The email belongs to a job' },
  jobNotCancellable: { status: 409, title: 'The job cannot be cancelled' },
  jobNotTerminable: { status: 409, title: 'The job cannot be terminated' },
  jobNotRetryable: { status: 409, title: 'The job cannot be retried' },
  jobNotPausable: { status: 409, title: 'The job cannot be paused' },
  jobNotPaused: { status: 409, title: 'The job is not paused' },
  jobNotReschedulable: { status: 409, title: 'The job cannot be rescheduled' },
  jobClosed: { status: 409, title: 'The job has already ended' },
  startNotDead: { status: 409, title: 'Only a dead start can be requeued or discarded' },
  workItemNotDead: { status: 409, title: 'Only a dead work item can be requeued' },
  workItemNotDeletable: { status: 409, title: 'The work item is running or completed' },
  deadLetterClosed: { status: 409, title: 'The dead letter is already resolved' },
  payloadTooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The body must be application/json' },
  misdirectedRequest: { status: 421, title: 'The request is for another host' },
  dedupeKeyReused: { status: 422, title: 'The dedupe key was used with another payload' },
  idempotencyKeyReused: { status: 422, title: 'The idempotency key was used with another request' },
  headersTooLarge: { status: 431, title: 'The request line or the headers are too large' },
  tooManyRequests: { status: 429, title: 'Too many requests' },
  internalError: { status: 500, title: 'Something went wrong' },
  engineUnavailable: { status: 503, title: 'The job engine cannot be reached' },
  databaseUnavailable: { status: 503, title: 'The database cannot be reached' },
});

/** A problem of the library by its name, or another one that {@link defineProblems} created. */
export type AnyProblem = keyof typeof libraryProblems | ProblemKind;

/** Returns the kind that is named or given. */
export function problemKind(problem: AnyProblem): ProblemKind {
  return typeof problem === 'string' ? libraryProblems[problem] : problem;
}
