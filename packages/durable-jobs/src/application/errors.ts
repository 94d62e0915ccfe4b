/** A job ended without a result. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  readonly jobId: string;
  /** How it ended. */
  readonly status: 'failed' | 'cancelled' | 'terminated';
  /** For programs: the code of what its function threw, such as `CardDeclined`; `Error` where that had none. */
  readonly code: string;
  /** Why it failed, in the words of what its function threw. */
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

/** There is no such job: nobody has started it, or its history is no longer kept. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError';
  readonly jobId: string;

  constructor(jobId: string) {
    super(`There is no job ${jobId}.`);
    this.jobId = jobId;
  }
}

/** A job did not end in the time that its caller waits. It goes on. */
export class JobNotEndedError extends Error {
  override readonly name = 'JobNotEndedError';
  readonly jobId: string;

  constructor(jobId: string, timeoutMs: number) {
    super(`The job ${jobId} has not ended within ${timeoutMs / 1_000} s. It goes on.`);
    this.jobId = jobId;
  }
}
