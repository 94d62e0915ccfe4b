/** Throw this from a job that no retry can help: it fails immediately. */
export class PermanentError extends Error {
  override name = 'PermanentError';
  /** Code of the failure for programs, such as `CardDeclined`. It is stored in histories, so never rename a released one. */
  readonly code: string;

  constructor(message: string, options: ErrorOptions & { code?: string } = {}) {
    super(message, options);
    this.code = options.code ?? 'PermanentError';
  }
}

/** Throw this from a job whose next attempt must not begin before a time, such as after a provider's `Retry-After`. */
export class RetryAfterError extends Error {
  override name = 'RetryAfterError';
  /** Minimum wait in milliseconds; a longer wait of the job's own policy applies. */
  readonly retryAfterMs: number;
  /** See {@link PermanentError.code}. */
  readonly code: string;

  constructor(message: string, retryAfterMs: number, options: ErrorOptions & { code?: string } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.code = options.code ?? 'RetryAfterError';
  }
}
