/** In a run's memo: the run that it is a repetition of, which had ended without success. */
export const RETRIED_FROM = 'retriedFrom';

/** Summaries of the durable timers that any job may have. The Web UI shows them beside a timer. */
export const jobTimers = {
  postponedStart: 'Start the job',
  readableInput: 'Schedule the step again whose input could not be read',
} as const;
