/** The end of a job after which a waiting start is made; `ends` is any, including cancellation and a start that was dropped. */
export const awaitedEnds = ['completes', 'fails', 'ends'] as const;

/** See {@link awaitedEnds}. */
export type AwaitedEnd = (typeof awaitedEnds)[number];

/**
 * How an awaited job ended: as its last run did, or `not_started` if its start was withdrawn, dead, expired or skipped; `unknown` if the
 * engine no longer has the run.
 */
export const jobEnds = ['completed', 'failed', 'cancelled', 'terminated', 'not_started', 'unknown'] as const;

/** See {@link jobEnds}. */
export type JobEnd = (typeof jobEnds)[number];

/** Whether an end is the awaited one. */
export function isAwaited(awaited: AwaitedEnd, end: JobEnd): boolean {
  return awaited === 'ends' || (awaited === 'completes' ? end === 'completed' : end === 'failed');
}

/** How a job ended, in words that follow the job's id in a sentence. */
export const endInWords: Record<JobEnd, string> = {
  completed: 'completed',
  failed: 'failed',
  cancelled: 'was cancelled',
  terminated: 'was terminated',
  not_started: 'was not started',
  unknown: 'ended too long ago for the engine to know how',
};
