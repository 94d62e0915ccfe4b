/** With which end of a job a start that waits for it is made: `ends` is any, also by cancellation, or without a start. */
export const awaitedEnds = ['completes', 'fails', 'ends'] as const;

/** See {@link awaitedEnds}. */
export type AwaitedEnd = (typeof awaitedEnds)[number];

/**
 * How a job ended that others wait for: as its last run did, or `not_started` if its start was withdrawn, dead, expired or skipped;
 * `unknown` if the engine no longer has the run.
 */
export const jobEnds = ['completed', 'failed', 'cancelled', 'terminated', 'not_started', 'unknown'] as const;

/** See {@link jobEnds}. */
export type JobEnd = (typeof jobEnds)[number];

/** Whether an end is the one that is waited for. */
export function isAwaited(awaited: AwaitedEnd, end: JobEnd): boolean {
  return awaited === 'ends' || (awaited === 'completes' ? end === 'completed' : end === 'failed');
}

/** How a job ended, as it fits into a sentence after the job's id. */
export const endInWords: Record<JobEnd, string> = {
  completed: 'completed',
  failed: 'failed',
  cancelled: 'was cancelled',
  terminated: 'was terminated',
  not_started: 'was not started',
  unknown: 'ended too long ago for the engine to know how',
};
