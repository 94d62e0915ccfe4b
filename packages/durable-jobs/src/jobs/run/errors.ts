/** Thrown by a job that no further attempt can help: it fails at once. */
export class PermanentError extends Error {
  override name = 'PermanentError';
  /** What a program knows the failure by, such as `CardDeclined`. It is stored in histories, so a released one is never renamed. */
  readonly code: string;

  constructor(message: string, options: ErrorOptions & { code?: string } = {}) {
    super(message, options);
    this.code = options.code ?? 'PermanentError';
  }
}

/** Thrown by a job whose next attempt must not come before a time, such as after a provider's `Retry-After`. */
export class RetryAfterError extends Error {
  override name = 'RetryAfterError';
  /** The least wait in milliseconds; a longer one of the job's own policy stays. */
  readonly retryAfterMs: number;
  /** As {@link PermanentError.code}. */
  readonly code: string;

  constructor(message: string, retryAfterMs: number, options: ErrorOptions & { code?: string } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.code = options.code ?? 'RetryAfterError';
  }
}
