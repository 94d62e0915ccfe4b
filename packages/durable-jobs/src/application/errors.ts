/** Thrown if a job ended without a result. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  readonly jobId: string;
  /** How it ended. */
  readonly status: 'failed' | 'cancelled' | 'terminated';
  /** Code of the error that the job's function threw, such as `CardDeclined`; `Error` if that had none. */
  readonly code: string;
  /** Message of the error that the job's function threw. */
  readonly reason: string;

  constructor(
    jobId: string,
    { status, code, reason, cause }: Pick<JobFailedError, 'status' | 'code' | 'reason'> & { cause?: unknown },
  ) {
    const what = status === 'failed' ? 'failed' : `was ${status}`;
    super(`The job ${jobId} ${what}${reason === '' ? '.' : `: ${reason}`}`, { cause });
    this.jobId = jobId;
    this.status = status;
    this.code = code;
    this.reason = reason;
  }
}

/** Thrown if a job does not exist: it was never started, or its history has been deleted. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError';
  readonly jobId: string;

  constructor(jobId: string) {
    super(`The job ${jobId} does not exist.`);
    this.jobId = jobId;
  }
}

/** Thrown if a job did not end within the caller's time limit. The job continues. */
export class JobNotEndedError extends Error {
  override readonly name = 'JobNotEndedError';
  readonly jobId: string;

  constructor(jobId: string, timeoutMs: number) {
    super(`The job ${jobId} has not ended within ${timeoutMs / 1_000} s. It is still open.`);
    this.jobId = jobId;
  }
}
