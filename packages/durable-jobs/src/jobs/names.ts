/** Memo field of a retry: the run that it retries. */
export const RETRIED_FROM = 'retriedFrom';

/** Memo field of a retry: the first run of the chain of retries, from which the key of effects is derived. */
export const FIRST_RUN = 'firstRun';

/** Memo field of a run whose start expires: the time after which the run does not begin, ISO 8601. */
export const EXPIRES_AT = 'expiresAt';

/** Memo field of such a run: the request id of its start. */
export const STARTED_BY = 'startedBy';

/** Summaries of the durable timers that any job may have. The Web UI shows them beside a timer. */
export const jobTimers = {
  postponedStart: 'Start the job',
  readableInput: 'Schedule the step again whose input could not be read',
} as const;
