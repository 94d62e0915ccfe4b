/** In a run's memo: the run that it is a repetition of, which had ended without success. */
export const RETRIED_FROM = 'retriedFrom';

/** In the memo of such a run: the first of the runs that repeat one another, of which the key of their effects is made. */
export const FIRST_RUN = 'firstRun';

/** In a run's memo, if its start expires: the time after which the run does not begin, ISO 8601. */
export const EXPIRES_AT = 'expiresAt';

/** In the memo of such a run: the request id of the start that made it. */
export const STARTED_BY = 'startedBy';

/** Summaries of the durable timers that any job may have. The Web UI shows them beside a timer. */
export const jobTimers = {
  postponedStart: 'Start the job',
  readableInput: 'Schedule the step again whose input could not be read',
} as const;
